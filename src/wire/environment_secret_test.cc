#include "wire/environment_secret.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("parse_sealed_secret: both members, the value as base64") {
  const auto sealed =
      wire::parse_sealed_secret(R"({"encrypted_value": "cGxhaW4=", "key_id": "7"})");
  REQUIRE(sealed);
  CHECK(sealed->box == "plain");
  CHECK(sealed->key_id == "7");
  for (const char* body :
       {R"({"key_id": "7"})", R"({"encrypted_value": "cGxhaW4="})", R"({})",
        R"({"encrypted_value": "", "key_id": "7"})", R"({"encrypted_value": "*", "key_id": "7"})",
        R"({"encrypted_value": "cGxhaW4", "key_id": "7"})",
        R"({"encrypted_value": 1, "key_id": "7"})",
        R"({"encrypted_value": "cGxhaW4=", "key_id": 7})",
        R"({"encrypted_value": "cGxhaW4=", "key_id": null})"}) {
    CAPTURE(body);
    CHECK_FALSE(wire::parse_sealed_secret(body));
  }
}

TEST_CASE("parse_new_variable and parse_variable_change: what must be there") {
  const auto made = wire::parse_new_variable(R"({"name": "A", "value": ""})");
  REQUIRE(made);
  CHECK(made->name == "A");
  CHECK(made->value == "");
  CHECK_FALSE(wire::parse_new_variable(R"({"name": "A"})"));
  CHECK_FALSE(wire::parse_new_variable(R"({"value": "A"})"));
  const auto change = wire::parse_variable_change(R"({"value": "x"})");
  REQUIRE(change);
  CHECK_FALSE(change->name);
  CHECK(change->value == "x");
  CHECK(wire::parse_variable_change("{}"));
  CHECK_FALSE(wire::parse_variable_change(R"({"value": 1})"));
}

TEST_CASE("parse_secret_names: null, absent and an empty body are all") {
  for (const char* body : {"", "{}", R"({"secrets": null, "variables": null})"}) {
    const auto names = wire::parse_secret_names(body);
    REQUIRE(names);
    CHECK_FALSE(names->secrets);
    CHECK_FALSE(names->variables);
  }
  const auto names = wire::parse_secret_names(R"({"secrets": ["A", "B"], "variables": []})");
  REQUIRE(names);
  CHECK(names->secrets->size() == 2);
  CHECK(names->variables->empty());
  CHECK_FALSE(wire::parse_secret_names(R"({"secrets": "A"})"));
  CHECK_FALSE(wire::parse_secret_names(R"({"secrets": [1]})"));
}

TEST_CASE("write_…: GitHub's members, and for the holder of a claim the values") {
  const Timestamp time = from_micros(1'790'000'000'000'000);
  JsonWriter secret;
  wire::write_environment_secret(secret, {"A", time, time});
  CHECK(secret.text() ==
        R"({"name":"A","created_at":"2026-09-21T14:13:20Z","updated_at":"2026-09-21T14:13:20Z"})");
  JsonWriter variable;
  wire::write_environment_variable(variable, {"A", "x\n", time, time});
  CHECK(variable.text() == R"({"name":"A","value":"x\n","created_at":"2026-09-21T14:13:20Z",)"
                           R"("updated_at":"2026-09-21T14:13:20Z"})");
  JsonWriter key;
  wire::write_public_key(key, {7, std::string(32, '\0')});
  CHECK(key.text() == R"({"key_id":"7","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})");
  JsonWriter opened;
  wire::write_opened_secrets(opened, {{{"A", Secret("\"1\"")}, {"B", Secret("2")}}, {}});
  CHECK(opened.text() == R"({"secrets":{"A":"\"1\"","B":"2"},"variables":{}})");
}
