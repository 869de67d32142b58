#include "base/json_writer.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa;

TEST_CASE("JsonWriter: adds commas exactly where they are needed") {
  JsonWriter json;
  json.begin_object().member("a", 1).member("b", "x");
  json.key("c").begin_array().value(1).value("}").value("[").begin_object().end_object();
  json.begin_array().end_array().end_array();
  json.key("d").begin_object().member("e", true).end_object();
  json.member("f", nullptr).end_object();
  CHECK(json.text() == R"({"a":1,"b":"x","c":[1,"}","[",{},[]],"d":{"e":true},"f":null})");
}

TEST_CASE("JsonWriter: adds the comma after a string that ends in a bracket or colon") {
  JsonWriter json;
  json.begin_array().value("{").value(":").value("[").value("").raw("{}").raw("[]").end_array();
  CHECK(json.text() == R"(["{",":","[","",{},[]])");
}

TEST_CASE("JsonWriter: a single value is a document") {
  JsonWriter json;
  json.value(int64_t{9'007'199'254'740'993});
  CHECK(json.text() == "9007199254740993");
}

TEST_CASE("JsonWriter: strings and keys are escaped") {
  JsonWriter json;
  json.begin_object().member("a\"b", "q\" b\\ s/ n\n t\t \x01 \x7f é").end_object();
  CHECK(json.text() == "{\"a\\\"b\":\"q\\\" b\\\\ s/ n\\n t\\t \\u0001 \\u007f é\"}");
}

TEST_CASE("JsonWriter: bytes that are not UTF-8 become the replacement character") {
  JsonWriter json;
  json.value(std::string("a\xff"));
  CHECK(json.text() == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("JsonWriter: times, booleans and optionals") {
  JsonWriter json;
  json.begin_array()
      .value(from_micros(1'790'000'000'999'999))
      .value(false)
      .value(std::optional<int>())
      .value(std::optional<std::string>("x"))
      .value(std::optional<Timestamp>())
      .value(-5)
      .end_array();
  CHECK(json.text() == R"(["2026-09-21T14:13:20Z",false,null,"x",null,-5])");
}
