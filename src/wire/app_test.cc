#include "wire/app.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("parse_new_installation_token: nothing, null and {} ask for all that there is") {
  for (const char* text : {"", "null", "null\n", "{}", R"({"permissions": {}})",
                           R"({"repositories": null, "repository_ids": null})"}) {
    CAPTURE(text);
    const auto input = wire::parse_new_installation_token(text);
    REQUIRE(input);
    CHECK_FALSE(input->repositories.has_value());
    CHECK_FALSE(input->repository_ids.has_value());
    CHECK_FALSE(input->permissions.has_value());
  }
  for (const char* text : {"[]", "5", "nil", "{", "null null"}) {
    CAPTURE(text);
    const auto refused = wire::parse_new_installation_token(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::bad_json);
  }
}
