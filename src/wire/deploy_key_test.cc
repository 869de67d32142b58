#include "wire/deploy_key.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

core::DeployKey some_key() {
  core::DeployKey key;
  key.id = {7};
  key.title = "CI \"one\"";
  key.key = {"ssh-ed25519 AAAA", "SHA256:x"};
  key.added_by.login = "ada";
  key.created_at = from_micros(0);
  return key;
}

std::string written(const core::DeployKey& key, int64_t now = 0) {
  core::Repository repository;
  repository.owner.login = "demo";
  repository.name = "shop";
  JsonWriter json;
  write_deploy_key(json, key, repository, {"http://h", "http://h"}, from_micros(now));
  return json.take();
}

}  // namespace

TEST_CASE("write_deploy_key: GitHub's members in GitHub's order, then Esclusa's own") {
  CHECK(written(some_key()) ==
        R"({"id":7,"key":"ssh-ed25519 AAAA","url":"http://h/repos/demo/shop/keys/7",)"
        R"("title":"CI \"one\"","verified":true,"created_at":"1970-01-01T00:00:00Z",)"
        R"("read_only":false,"last_used":null,"added_by":"ada","enabled":true,)"
        R"("expires_at":null})");
}

TEST_CASE("write_deploy_key: a key that has expired is not enabled") {
  core::DeployKey key = some_key();
  key.read_only = true;
  key.last_used_at = from_micros(1'000'000);
  key.expires_at = from_micros(2'000'000);
  const auto json = Json::parse(written(key, 2'000'000)).value();
  CHECK(json.find("enabled")->boolean() == false);
  CHECK(json.find("read_only")->boolean() == true);
  CHECK(json.string_at("last_used") == "1970-01-01T00:00:01Z");
  CHECK(json.string_at("expires_at") == "1970-01-01T00:00:02Z");
  CHECK(Json::parse(written(key, 1'999'999)).value().find("enabled")->boolean() == true);
}

TEST_CASE("parse_new_deploy_key: by default a key may write and never expires") {
  const auto input = parse_new_deploy_key(R"({"key": "k\n", "unknown": 1})");
  REQUIRE(input);
  CHECK(input->key == "k\n");
  CHECK_FALSE(input->title);
  CHECK_FALSE(input->read_only);
  CHECK_FALSE(input->expires_at);
}

TEST_CASE("parse_new_deploy_key: reads every member") {
  const auto input = parse_new_deploy_key(
      R"({"key": "k", "title": "t", "read_only": true,
          "expires_at": "1970-01-01T01:00:01+01:00"})");
  REQUIRE(input);
  CHECK(input->title == "t");
  CHECK(input->read_only);
  CHECK(input->expires_at == from_micros(1'000'000));
}

TEST_CASE("parse_new_deploy_key: refuses what does not match the schema, with GitHub's texts") {
  for (const auto& [body, message] :
       {std::pair(R"({})", "Invalid request.\n\n\"key\" wasn't supplied."),
        std::pair(R"({"key": 1})", "Invalid request.\n\nFor 'properties/key', 1 is not a string."),
        std::pair(R"({"key": "k", "read_only": "yes"})",
                  "Invalid request.\n\nFor 'properties/read_only', \"yes\" is not a boolean."),
        std::pair(R"({"key": "k", "expires_at": "soon"})",
                  "Invalid request.\n\nsoon is not a valid date-time.")}) {
    CAPTURE(body);
    const auto refused = parse_new_deploy_key(body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == message);
  }
}
