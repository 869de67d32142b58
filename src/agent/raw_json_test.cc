#include "agent/raw_json.h"

#include <doctest/doctest.h>

namespace esclusa::agent {
namespace {

TEST_CASE("find_raw_json: a member exactly as it stands there") {
  const std::string_view object = R"( { "a" : 1.0e+2 ,"b":{ "x" : [1,"}]\"",{}] }, "\u0063":null,
    "d":"\u00e9\/\\" , "e":[[],[ ]],"f":true,"g":-1,"h":{"b":2}} )";
  CHECK(find_raw_json(object, "a") == "1.0e+2");
  CHECK(find_raw_json(object, "b") == R"({ "x" : [1,"}]\"",{}] })");
  CHECK(find_raw_json(object, "c") == "null");
  CHECK(find_raw_json(object, "d") == R"("\u00e9\/\\")");
  CHECK(find_raw_json(object, "e") == "[[],[ ]]");
  CHECK(find_raw_json(object, "f") == "true");
  CHECK(find_raw_json(object, "g") == "-1");
  CHECK(find_raw_json(object, "h") == R"({"b":2})");
  CHECK(find_raw_json(object, "x") == std::nullopt);
  CHECK(find_raw_json("{}", "x") == std::nullopt);
}

TEST_CASE("find_raw_json: broken text is nothing worse than nothing found") {
  for (const char* text :
       {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\\", "[", "[1]", "1", "{a:1}"}) {
    CAPTURE(text);
    CHECK(find_raw_json(text, "b") == std::nullopt);
  }
}

}  // namespace
}  // namespace esclusa::agent
