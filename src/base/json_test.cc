#include "base/json.h"
#include "base/json_scan.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;

namespace {

std::string nested(size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string nested_objects(size_t depth) {
  std::string text;
  for (size_t i = 1; i < depth; ++i) text += "{\"a\":";
  return text + "{}" + std::string(depth - 1, '}');
}

bool parses(std::string_view text) {
  auto json = Json::parse(text);
  if (!json) {
    CHECK(json.error().code == ErrorCode::bad_json);
    CHECK(json.error().message == "Problems parsing JSON");
  }
  return json.has_value();
}

}  // namespace

TEST_CASE("Json::parse: every kind of JSON text") {
  for (auto text :
       {"{}", "[]", "null", "true", "0", "-0", "1.5e3", "\"\"", " \r\n\t{} ",
        R"({"a":{"a":1},"b":[{"a":1},{"a":2}],"":1})", R"("\u0000")", "\"\\ud83d\\ude80\"",
        "\"🚀\"", "123456789012345678901234567890", "18446744073709551615"}) {
    CAPTURE(text);
    CHECK(parses(text));
  }
}

TEST_CASE("Json::parse: refuses what is not JSON") {
  for (std::string text : {"",           " ",         "{",        "}",         "[1,]",
                           "{\"a\":1,}", "{a:1}",     "{'a':1}",  "{\"a\" 1}", "nul",
                           "True",       "NaN",       "Infinity", "+1",        "01",
                           ".5",         "1.",        "1e",       "0x1",       "\"a",
                           "\"\\x\"",    "\"\\u12\"", "// x\n1",  "/**/1",     "\xef\xbb\xbf{}",
                           "\"a\nb\"",   "\"\x01\""}) {
    CAPTURE(text);
    CHECK_FALSE(parses(text));
  }
}

TEST_CASE("Json::parse: no text may follow, not even a NUL") {
  for (auto text : {"{} {}", "{}x", "1 2", "null,", "[]]", "\"a\"\"b\""}) {
    CAPTURE(text);
    CHECK_FALSE(parses(text));
  }
  CHECK_FALSE(parses(std::string_view("{}\0", 3)));
  CHECK_FALSE(parses(std::string_view("\0{}", 3)));
  CHECK_FALSE(parses(std::string_view("\"\0\"", 3)));
}

TEST_CASE("Json::parse: refuses a duplicate key in an object, even with different escapes") {
  for (auto text : {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"([{"b":{"a":1,"c":2,"a":3}}])",
                    R"({"":1,"":2})", R"({"a":{},"b":1,"a":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parses(text));
  }
  CHECK(parses(R"({"a":1,"A":1,"b":{"a":1}})"));
}

TEST_CASE("Json::parse: accepts a depth of at most 128") {
  REQUIRE(read_depth == 128);
  CHECK(parses(nested(128, '[', ']')));
  CHECK_FALSE(parses(nested(129, '[', ']')));
  CHECK(parses(nested_objects(128)));
  CHECK_FALSE(parses(nested_objects(129)));
  CHECK_FALSE(parses(nested(5'000, '[', ']')));
  CHECK_FALSE(parses(std::string(1'000'000, '[')));
  CHECK(parses("[" + nested(127, '[', ']') + "," + nested(127, '[', ']') + "]"));
}

TEST_CASE("Json::parse: refuses bytes that are not UTF-8, in values and in keys") {
  for (std::string bytes : {"\xff", "\xc0\xaf", "\xe2\x98", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                            "\x80", "\xe0\x80\xaf"}) {
    CAPTURE(bytes);
    CHECK_FALSE(parses("\"" + bytes + "\""));
    CHECK_FALSE(parses("{\"" + bytes + "\":1}"));
  }
}

TEST_CASE("Json::parse: refuses lone surrogates") {
  for (auto text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")",
                    R"("\udc00\ud800")", R"({"\ud800":1})", R"("\ud800\n")"}) {
    CAPTURE(text);
    CHECK_FALSE(parses(text));
  }
}

TEST_CASE("Json::parse: a number has at most the limit's characters") {
  const std::string digits(limits::number_chars, '1');
  CHECK(parses(digits));
  CHECK_FALSE(parses(digits + "1"));
  CHECK(parses("0." + digits.substr(2)));
  CHECK_FALSE(parses("{\"a\":[0." + digits + "]}"));
  CHECK_FALSE(parses("-" + digits));
}

TEST_CASE("Json: reads members, and returns nullopt for other types") {
  auto json = Json::parse(R"({"a":{"b":"x","n":5,"z":null},"l":[1,"2"],"t":true,"f":1.5})").value();
  CHECK(json.string_at("a", "b") == "x");
  CHECK(json.integer_at("a", "n") == 5);
  CHECK_FALSE(json.string_at("a", "n"));
  CHECK_FALSE(json.string_at("a", "b", "c"));
  CHECK_FALSE(json.string_at("no", "b"));
  CHECK_FALSE(json.integer_at("f"));
  CHECK(json.find("a")->find("z")->is_null());
  CHECK_FALSE(json.find("a")->find("y"));
  CHECK(json.find("t")->boolean() == true);
  CHECK_FALSE(json.find("l")->boolean());
  CHECK(json.find("l")->is_array());
  REQUIRE(json.find("l")->elements().size() == 2);
  CHECK(json.find("l")->elements()[1].string() == "2");
  CHECK(json.elements().empty());
  CHECK_FALSE(json.find("l")->find("0"));
  CHECK(json.find("a")->text() == R"({"b":"x","n":5,"z":null})");
}

TEST_CASE("Json: a member outlives the value that contains it") {
  std::optional<Json> member;
  {
    auto json = Json::parse(R"({"a":"kept"})").value();
    member = json.find("a");
  }
  CHECK(member->string() == "kept");
}

TEST_CASE("Json: the members of an object keep their order; other values have none") {
  const Json json = Json::parse(R"({"b":1,"a":{"x":null},"":[2]})").value();
  std::string names;
  for (const auto& [name, value] : json.members()) names += name + "=" + value.text() + " ";
  CHECK(names == R"(b=1 a={"x":null} =[2] )");
  for (auto text : {"[1]", "1", "\"a\"", "null", "{}"}) {
    CAPTURE(text);
    CHECK(Json::parse(text).value().members().empty());
  }
}
