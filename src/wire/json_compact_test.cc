#include "wire/json_compact.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/json_scan.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {
struct Row {
  std::string sent, compact;
};
}  // namespace

TEST_CASE("compact_json: no whitespace, and members keep their order") {
  CHECK(compact_json(" {\t\"b\" : 1,\r\n \"a\" : [ true , null, { } , [ ] ] , \"10\":\"x y\" } ") ==
        R"({"b":1,"a":[true,null,{},[]],"10":"x y"})");
}

// Node 20 gave these results for JSON.stringify(JSON.parse(text)).
TEST_CASE("compact_json: the escapes of JSON.stringify") {
  for (const auto& [sent, compact] : std::vector<Row>{
           {R"("\u00e9\u0041\/\ud83d\ude80\u2028")", "\"éA/🚀\u2028\""},
           {R"("\u0022\u005c\u0008\u000C\u000a\u000D\u0009")", R"("\"\\\b\f\n\r\t")"},
           {R"("\u0000\u001B\u007f\u009B")", "\"\\u0000\\u001b\x7f\xc2\x9b\""},
           {"\"é🚀\x7f\xc2\x9b/\"", "\"é🚀\x7f\xc2\x9b/\""},
           {R"({"\u006b\"ey" :"\\\" : { 1.0 }"})", R"({"k\"ey":"\\\" : { 1.0 }"})"},
       }) {
    CAPTURE(sent);
    REQUIRE(scan_json(sent));
    CHECK(compact_json(sent) == compact);
  }
}

TEST_CASE("compact_json: a number has JavaScript's format if its value stays the same") {
  for (const auto& [sent, compact] : std::vector<Row>{
           {"0", "0"},
           {"-0", "0"},
           {"-0.0e7", "0"},
           {"0e99999999999999999999", "0"},
           {"7", "7"},
           {"-12", "-12"},
           {"1.0", "1"},
           {"1.50", "1.5"},
           {"0.10", "0.1"},
           {"1e2", "100"},
           {"1E+2", "100"},
           {"12.5e-1", "1.25"},
           {"100e-2", "1"},
           {"-0.000001", "-0.000001"},
           {"0.0000001", "1e-7"},
           {"123e-9", "1.23e-7"},
           {"1e20", "100000000000000000000"},
           {"1e21", "1e+21"},
           {"-1.50E300", "-1.5e+300"},
           {"5e-324", "5e-324"},
           {"1.7976931348623157e308", "1.7976931348623157e+308"},
           {"9007199254740991", "9007199254740991"},
           {"9007199254740992", "9007199254740992"},
           {"18446744073709552000", "18446744073709552000"},
           {"0.1234567890123456", "0.1234567890123456"},
           // JSON.parse would change the value, so the text stays.
           {"9007199254740993", "9007199254740993"},
           {"12345678901234567890", "12345678901234567890"},
           {"0.30000000000000000001", "0.30000000000000000001"},
           {"3.141592653589793238462643383279", "3.141592653589793238462643383279"},
           {"1E400", "1E400"},
           {"-1e-400", "-1e-400"},
           {"1e99999999999999999999", "1e99999999999999999999"},
       }) {
    CAPTURE(sent);
    CHECK(compact_json(sent) == compact);
    CHECK(compact_json("[ " + sent + " ]") == "[" + compact + "]");
  }
}

TEST_CASE("compact_json: compact JSON stays unchanged") {
  for (const char* text : {"{}", R"({"a":[1,"\n",{"b":-1.5e+300}],"c":"é"})", "\"\"", "false"}) {
    CAPTURE(text);
    CHECK(compact_json(text) == text);
  }
}
