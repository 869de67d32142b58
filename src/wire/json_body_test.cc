#include "wire/json_body.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;

namespace {

JsonBody body(std::string_view text) {
  CAPTURE(text);
  auto parsed = JsonBody::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

template <class T>
std::string message(const Result<T>& result) {
  if (result) return "";
  CHECK(result.error().code == ErrorCode::invalid);
  CHECK(result.error().fields.empty());
  return result.error().message;
}

}  // namespace

TEST_CASE("JsonBody::parse: no body counts as an empty object") {
  CHECK_FALSE(body("").has("a"));
  CHECK_FALSE(body(" \n").has("a"));
  CHECK_FALSE(body("").raw_member("a"));
}

TEST_CASE("JsonBody::parse: 400 with GitHub's two texts") {
  auto broken = JsonBody::parse("{\"a\":");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == ErrorCode::bad_json);
  CHECK(broken.error().message == "Problems parsing JSON");
  for (auto text : {"[]", "1", "null", "\"x\"", "true"}) {
    CAPTURE(text);
    auto other = JsonBody::parse(text);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == ErrorCode::bad_json);
    CHECK(other.error().message == "Body should be a JSON object");
  }
}

TEST_CASE("JsonBody: null and absent are the same, except where a member is required") {
  const JsonBody given = body(R"({"null":null})");
  for (auto name : {"null", "absent"}) {
    CAPTURE(name);
    CHECK(given.optional_string(name).value() == std::nullopt);
    CHECK(given.string_or(name, "x").value() == "x");
    CHECK(given.optional_boolean(name).value() == std::nullopt);
    CHECK(given.boolean_or(name, true).value());
    CHECK(given.optional_strings(name).value() == std::nullopt);
  }
  CHECK(given.has("null"));
  CHECK_FALSE(given.has("absent"));
  CHECK(message(given.required_string("absent")) ==
        "Invalid request.\n\n\"absent\" wasn't supplied.");
  CHECK(message(given.required_string("null")) ==
        "Invalid request.\n\nFor 'properties/null', nil is not a string.");
}

TEST_CASE("JsonBody: refuses a member of the wrong type, and the error shows its value") {
  const JsonBody given = body(R"({"n":1,"s":"x","l":["a",2],"o":{"a":[1]},"b":true})");
  CHECK(message(given.required_string("n")) ==
        "Invalid request.\n\nFor 'properties/n', 1 is not a string.");
  CHECK(message(given.optional_string("o")) ==
        "Invalid request.\n\nFor 'properties/o', {\"a\":[1]} is not a string.");
  CHECK(message(given.string_or("b", "")) ==
        "Invalid request.\n\nFor 'properties/b', true is not a string.");
  CHECK(message(given.optional_boolean("s")) ==
        "Invalid request.\n\nFor 'properties/s', \"x\" is not a boolean.");
  CHECK(message(given.boolean_or("n", false)) ==
        "Invalid request.\n\nFor 'properties/n', 1 is not a boolean.");
  CHECK(message(given.optional_strings("s")) ==
        "Invalid request.\n\nFor 'properties/s', \"x\" is not an array.");
  CHECK(message(given.optional_strings("l")) ==
        "Invalid request.\n\nFor 'properties/l/1', 2 is not a string.");
}

TEST_CASE("JsonBody: an error cuts a long value") {
  const JsonBody given = body("{\"a\":[\"" + std::string(10'000, 'x') + "\"]}");
  CHECK(message(given.required_string("a")).size() < 200);
}

TEST_CASE("JsonBody: strings must not contain a null character") {
  const JsonBody given = body(R"({"a":"x\u0000y","l":["\u0000"]})");
  CHECK(message(given.required_string("a")) ==
        "Invalid request.\n\n\"a\" must not contain a null character.");
  CHECK_FALSE(given.optional_string("a"));
  CHECK_FALSE(given.string_or("a", ""));
  CHECK_FALSE(given.optional_strings("l"));
}

TEST_CASE("JsonBody: reads valid values") {
  const JsonBody given = body(R"({"s":"é\n","b":false,"l":[],"m":["a",""]})");
  CHECK(given.required_string("s").value() == "é\n");
  CHECK(given.boolean_or("b", true).value() == false);
  CHECK(given.optional_strings("l").value() == std::vector<std::string>{});
  CHECK(given.optional_strings("m").value() == std::vector<std::string>{"a", ""});
}
