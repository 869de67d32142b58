#include "wire/json_scan.h"

#include <doctest/doctest.h>

#include "wire/json.h"

using namespace esclusa;
using namespace esclusa::wire;

TEST_CASE("find_raw_member: the member as it was sent, minified") {
  struct Row {
    const char* sent;      ///< the value of "payload"
    const char* expected;  ///< its text
  };
  const Row rows[] = {
      {"{}", "{}"},
      {" { } ", "{}"},
      {"[ ]", "[]"},
      {"null", "null"},
      {"true", "true"},
      {"\"\"", "\"\""},
      // Numbers keep their digits.
      {"12345678901234567890123456789", "12345678901234567890123456789"},
      {"{\"a\" : 1.0}", "{\"a\":1.0}"},
      {"[1e2, 1E+2, -0, -0.0, 1.50, 0.1e-7]", "[1e2,1E+2,-0,-0.0,1.50,0.1e-7]"},
      {"[9007199254740993, 18446744073709551616]", "[9007199254740993,18446744073709551616]"},
      {"3.141592653589793238462643383279", "3.141592653589793238462643383279"},
      {"1e400", "1e400"},
      // Order and nesting stay.
      {"{\"z\":1,\n\t\"a\":[ {\"y\":[[],{}]} , 2 ]}", "{\"z\":1,\"a\":[{\"y\":[[],{}]},2]}"},
      {"{\"payload\":{\"payload\":1}}", "{\"payload\":{\"payload\":1}}"},
      // Escapes become characters, except those that JSON or a terminal needs.
      {R"("\u00e9\u0041\/\ud83d\ude80")", "\"éA/🚀\""},
      {R"("\"\\\n\u0000\u001b\u007f\u009b")", R"("\"\\\n\u0000\u001b\u007f\u009b")"},
      {R"({"\u006b\"ey":1})", R"({"k\"ey":1})"},
      // A string that is JSON stays a string.
      {R"("{\"user\":\"atmos\",\"n\":1}")", R"("{\"user\":\"atmos\",\"n\":1}")"},
      {R"(["{", "[", ":", ",", "}"])", R"(["{","[",":",",","}"])"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    const std::string sent = row.sent;
    for (const std::string& text : {"{\"payload\":" + sent + "}",
                                    "{\"a\":{\"payload\":0},\"payload\" : " + sent + " ,\"z\":[0]}",
                                    "{\"l\":[{\"payload\":0}],\"payload\":" + sent + "}"}) {
      CAPTURE(text);
      REQUIRE(scan_json(text));
      CHECK(find_raw_member(text, "payload") == row.expected);
    }
  }
}

TEST_CASE("find_raw_member: what comes out is the same when it goes in again") {
  const std::string text = "{\"p\":{\"é\\u0001\":[1.0,\"\\\\\\\"\",null]}}";
  auto once = find_raw_member(text, "p");
  REQUIRE(once);
  CHECK(find_raw_member("{\"p\":" + *once + "}", "p") == once);
}

TEST_CASE("find_raw_member: only a member of the top-level object") {
  CHECK_FALSE(find_raw_member("{}", "a"));
  CHECK_FALSE(find_raw_member("{\"b\":{\"a\":1}}", "a"));
  CHECK_FALSE(find_raw_member("[{\"a\":1}]", "a"));
  CHECK_FALSE(find_raw_member("{\"A\":1}", "a"));
  CHECK_FALSE(find_raw_member("{\"b\":\"a\"}", "a"));
  CHECK(find_raw_member("{\"\":1}", "") == "1");
  CHECK(find_raw_member("{\"\\u0061\":1}", "a") == "1");
}

TEST_CASE("scan_json: agrees with the parser on what is JSON") {
  for (auto text : {"{}", "[1,2]", "{\"a\":}", "[1 2]", "", "\"x\"", "1e5", "tru", "{\"a\":1}}"}) {
    CAPTURE(text);
    CHECK(scan_json(text) == Json::parse(text).has_value());
  }
}

TEST_CASE("scan_json: long strings and keys come in pieces and are put together") {
  const std::string big(300'000, 'x');
  const std::string text = "{\"" + big + "\":1,\"p\":\"" + big + "\\n" + big + "\"}";
  REQUIRE(scan_json(text));
  CHECK(find_raw_member(text, "p") == "\"" + big + "\\n" + big + "\"");
  CHECK_FALSE(scan_json("{\"" + big + "\":1,\"" + big + "\":2}"));
}
