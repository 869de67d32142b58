#include "base/json_scan.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa;

TEST_CASE("find_raw_member: returns any value unchanged, at any position") {
  for (const char* row : {"{}",
                          "{ }",
                          "[ ]",
                          "null",
                          "true",
                          "\"\"",
                          "12345678901234567890123456789",
                          "{\"a\" : 1.0}",
                          "[1e2, 1E+2, -0, -0.0, 1.50, 0.1e-7]",
                          "1e400",
                          "[9007199254740993, 18446744073709551616]",
                          "3.141592653589793238462643383279",
                          "{\"z\":1,\n\t\"a\":[ {\"y\":[[],{}]} , 2 ]}",
                          "{\"payload\":{\"payload\":1}}",
                          R"("\u00e9\u0041\/\ud83d\ude80")",
                          R"("\"\\\n\u0000\u001b\u007f\u009b")",
                          R"({"\u006b\"ey":1})",
                          R"("{\"user\":\"atmos\",\"n\":1}")",
                          R"(["{", "[", ":", ",", "}"])",
                          "\"é🚀\""}) {
    CAPTURE(row);
    const std::string sent = row;
    for (const std::string& text : {"{\"payload\":" + sent + "}",
                                    "{\"a\":{\"payload\":0},\"payload\" : " + sent + " ,\"z\":[0]}",
                                    "{\"l\":[{\"payload\":0}],\"payload\":" + sent + "}"}) {
      CAPTURE(text);
      REQUIRE(scan_json(text));
      CHECK(find_raw_member(text, "payload") == sent);
    }
  }
}

TEST_CASE("find_raw_member: returns a member exactly as in the text") {
  const std::string_view object = R"( { "a" : 1.0e+2 ,"b":{ "x" : [1,"}]\"",{}] }, "\u0063":null,
    "d":"\u00e9\/\\" , "e":[[],[ ]],"f":true,"g":-1,"h":{"b":2}} )";
  CHECK(find_raw_member(object, "a") == "1.0e+2");
  CHECK(find_raw_member(object, "b") == R"({ "x" : [1,"}]\"",{}] })");
  CHECK(find_raw_member(object, "c") == "null");
  CHECK(find_raw_member(object, "d") == R"("\u00e9\/\\")");
  CHECK(find_raw_member(object, "e") == "[[],[ ]]");
  CHECK(find_raw_member(object, "f") == "true");
  CHECK(find_raw_member(object, "g") == "-1");
  CHECK(find_raw_member(object, "h") == R"({"b":2})");
  CHECK(find_raw_member(object, "x") == std::nullopt);
  CHECK(find_raw_member("{}", "x") == std::nullopt);
}

TEST_CASE("find_raw_member: is safe for malformed text") {
  for (const char* text :
       {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\\", "[", "[1]", "1", "{a:1}"}) {
    CAPTURE(text);
    CHECK(find_raw_member(text, "b") == std::nullopt);
  }
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

TEST_CASE("scan_json: joins long strings and keys that the parser gives in parts") {
  const std::string big(300'000, 'x');
  const std::string text = "{\"" + big + "\":1,\"p\":\"" + big + "\\n" + big + "\"}";
  REQUIRE(scan_json(text));
  CHECK(find_raw_member(text, "p") == "\"" + big + "\\n" + big + "\"");
  CHECK_FALSE(scan_json("{\"" + big + "\":1,\"" + big + "\":2}"));
}

TEST_CASE("raw_elements: the texts of an array's elements, unchanged") {
  using Texts = std::vector<std::string_view>;
  CHECK(raw_elements("[]") == Texts{});
  CHECK(raw_elements(" [ 1.0 , \"a,]\" ,{\"b\": [2, 3]} , [ ] ] ") ==
        Texts{"1.0", "\"a,]\"", "{\"b\": [2, 3]}", "[ ]"});
  CHECK(raw_elements("{\"a\": 1}") == Texts{});
  CHECK(raw_elements("[,") == Texts{});
  CHECK(raw_elements("[1,") == Texts{"1"});
}

TEST_CASE("nesting_depth: the largest depth; brackets in strings do not count") {
  CHECK(nesting_depth("1") == 0);
  CHECK(nesting_depth("\"[[{{\"") == 0);
  CHECK(nesting_depth("{}") == 1);
  CHECK(nesting_depth("[[],{\"a\":[\"\\\"[\"]},[[1]]]") == 3);
}
