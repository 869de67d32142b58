#include "wire/ssh_door.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;
using core::GitService;

TEST_CASE("ssh_door: reads back every message that it writes") {
  const auto start =
      parse_ssh_start(write_ssh_start({{7}, {GitService::receive_pack, "demo", "shop"}}));
  REQUIRE(start);
  CHECK(start->key_id.value == 7);
  CHECK(start->request.service == GitService::receive_pack);
  CHECK(start->request.full_name() == "demo/shop");

  const auto check = parse_ssh_check(write_ssh_check({{7}, GitService::upload_pack}));
  REQUIRE(check);
  CHECK(check->key_id.value == 7);
  CHECK(check->service == GitService::upload_pack);

  const core::RefChange change{"refs/heads/grö\"ßer", std::string(40, 'a'), std::string(40, 'b')};
  const auto changes = parse_ssh_changes(write_ssh_changes({DeployKeyId{7}, {change, change}}));
  REQUIRE(changes);
  CHECK(changes->key_id == DeployKeyId{7});
  CHECK(changes->changes == std::vector{change, change});
  CHECK_FALSE(parse_ssh_changes(write_ssh_changes({std::nullopt, {}}))->key_id);
}

TEST_CASE("ssh_door: refuses malformed messages") {
  for (const char* text : {"", "[]", "{}", R"({"key_id": 0, "service": "upload-pack"})",
                           R"({"key_id": "7", "service": "upload-pack"})",
                           R"({"key_id": 7, "service": "sh"})", R"({"key_id": 7})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ssh_check(text).has_value());
    CHECK_FALSE(parse_ssh_start(text).has_value());
    CHECK_FALSE(parse_ssh_changes(text).has_value());
  }
  CHECK_FALSE(parse_ssh_start(R"({"key_id": 7, "service": "upload-pack", "repository": "a"})"));
  CHECK_FALSE(parse_ssh_start(R"({"key_id": 7, "service": "upload-pack", "repository": "a/b/c"})"));
}
