#include "core/ref_pattern.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

// tests/gates/patterns.py compares many thousands of pairs with Ruby itself.

namespace {

using Names = std::vector<std::string>;

struct Example {
  std::string pattern;
  Names matched;
  Names others;
};

bool matches(std::string_view pattern, std::string_view name) {
  return RefPattern(pattern).matches(RefName(name));
}

void check(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    CAPTURE(example.pattern);
    for (const std::string& name : example.matched) {
      CAPTURE(name);
      CHECK(matches(example.pattern, name));
    }
    for (const std::string& name : example.others) {
      CAPTURE(name);
      CHECK_FALSE(matches(example.pattern, name));
    }
  }
}

std::string repeated(const std::string& unit, size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  return text;
}

}  // namespace

TEST_CASE("RefPattern: without wildcards only the same name matches, case-sensitively") {
  check({{"main", {"main"}, {"Main", "mai", "maint", "x/main", "main/", ""}},
         {"release/1.0", {"release/1.0"}, {"release/1x0", "release/1.0/x"}},
         {"{a,b}", {"{a,b}"}, {"a", "b"}},
         {"", {""}, {"a", "/"}}});
}

TEST_CASE("RefPattern: wildcards stay within their folder") {
  check({{"*", {"main", ""}, {"a/b", "a/", "/"}},
         {"release/*", {"release/1", "release/"}, {"release", "release/1/2", "x/release/1"}},
         {"release/*/*", {"release/1/2"}, {"release/1", "release/1/2/3"}},
         {"*/1", {"release/1"}, {"a/b/1", "1"}},
         {"a*b*c", {"abc", "axbxc", "abbcc"}, {"ab", "axbxcx", "ab/c"}},
         {"v?.?", {"v1.2"}, {"v1.", "v1/2", "v10.2"}},
         {"a?b", {"axb"}, {"a/b", "ab"}},
         {"a[/]b", {}, {"a/b"}},
         {"a[!x]b", {"ayb"}, {"axb", "a/b"}},
         {"a**b", {"ab", "axxb"}, {"a/b", "ax/xb"}}});
}

TEST_CASE("RefPattern: `**/` matches any number of folders") {
  check({{"**/main", {"main", "a/main", "a/b/main"}, {"amain", "a/main/b", "maine"}},
         {"release/**/*", {"release/1", "release/1/2/3"}, {"release"}},
         {"release/**", {"release/1"}, {"release/1/2"}},
         {"a/**/b/**/c", {"a/b/c", "a/x/b/y/z/c", "a/b/b/c/c"}, {"a/c", "a/b", "a/c/b"}},
         {"**/**/x", {"x", "a/x", "a/b/c/x"}, {"x/a"}},
         {"**/", {"", "a/", "a/b/"}, {"a", "a/b"}},
         {"a**/b", {"ax/b"}, {"a/x/b", "ax/y/b"}},
         {R"(**\/x)", {"a/x"}, {"x", "a/b/x"}}});
}

TEST_CASE("RefPattern: a leading dot needs a dot") {
  check({{"*", {"a.b"}, {".a"}},
         {".*", {".a", "."}, {"a"}},
         {R"(\.*)", {".a"}, {}},
         {"[.]a", {}, {".a"}},
         {"?a", {}, {".a"}},
         {"x/*", {"x/a."}, {"x/.a"}},
         {"**/a", {"x/a"}, {".x/a", "x/.y/a"}},
         {"**/.x/a", {".x/a", "y/.x/a"}, {}}});
}

TEST_CASE("RefPattern: sets have ranges, negations and escapes") {
  check({{"v[0-9]", {"v0", "v5", "v9"}, {"v", "va", "v10"}},
         {"[a-cx-z]", {"b", "y"}, {"d", "-"}},
         {"[!a-c]", {"d"}, {"a", "b", ""}},
         {"[^a]", {"b", "^"}, {"a"}},
         {"[a^!]", {"a", "^", "!"}, {"b"}},
         {"[a-]", {"a", "-"}, {"b"}},
         {"[-a]", {"a", "-"}, {"b"}},
         {R"([\]])", {"]"}, {"\\", "a"}},
         {R"([a\-c])", {"a", "-", "c"}, {"b"}},
         {R"([\a-\c])", {"b"}, {"\\"}},
         {"[z-a]", {"z", "a"}, {"m"}},
         {"[]", {}, {"", "[]", "]"}},
         {"[!]", {"a", "]"}, {""}},
         {"[]a]", {}, {"a]", "]"}},
         {"x[a/b]y", {"xay", "xby"}, {"x/y"}}});
}

TEST_CASE("RefPattern: a set without its end matches nothing") {
  for (const std::string pattern : {"[", "[a", "[a-", "[!", "[^a", "[a-z", R"([\)", R"([a\]b)"}) {
    check({{pattern, {}, {"", "a", "b", "[", "[a", pattern}}, {"*" + pattern, {}, {"a", "aa"}}});
  }
  check({{"**/[a", {}, {"a", "[a", "b/[a"}}, {R"(\[a)", {"[a"}, {"a"}}});
}

TEST_CASE("RefPattern: a backslash makes the next character literal") {
  check({{R"(\*)", {"*"}, {"a", R"(\*)"}},
         {R"(a\?)", {"a?"}, {"ab"}},
         {R"(\a\\b)", {R"(a\b)"}, {R"(\a\b)"}},
         {R"(a\)", {"a"}, {R"(a\)"}},
         {R"(*\)", {R"(x\)", "x", ""}, {"x/"}},
         {R"(a\/b)", {"a/b"}, {R"(a\/b)"}}});
}

TEST_CASE("RefPattern: characters are UTF-8 characters") {
  check({{"?", {"é", "日", "😀"}, {"éé", "e\u0301"}},
         {"[à-ü]", {"é", "à", "ü"}, {"e", "a", "日"}},
         {"[!a]", {"日"}, {}},
         {"*本", {"日本", "本"}, {"日"}},
         {"日?語", {"日本語"}, {"日語"}}});
}

TEST_CASE("RefPattern: an invalid UTF-8 byte is a character that no literal matches") {
  check({{"?", {"\xff", "\xc3"}, {"\xc3\xc3"}},
         {"\xff", {}, {"\xff"}},
         {"*\xff", {}, {"\xff", "a\xff"}},
         {"[\xff]", {"\xff"}, {"a"}},
         {"[a-z]", {}, {"\xff"}},
         {"*a", {"\xff\xe6\x97\x61"}, {}}});
}

TEST_CASE("RefPattern: hostile patterns end soon") {
  // An algorithm that tries every division of the name among the stars would never end.
  const std::string letters(limits::ref_bytes, 'a');
  const std::string folders = repeated("a/", limits::ref_bytes);
  const auto pattern = [](const std::string& unit, const std::string& last) {
    return repeated(unit, limits::ref_pattern_bytes - last.size()) + last;
  };
  CHECK_FALSE(matches(pattern("*a", "b"), letters));
  CHECK_FALSE(matches(pattern("*?", "b"), letters));
  CHECK_FALSE(matches(pattern("*[a-z]", "b"), letters));
  CHECK_FALSE(matches(pattern("*[!b]", "["), letters));
  CHECK_FALSE(matches("*[" + pattern("b-c", "]").substr(3), letters));
  CHECK_FALSE(matches(pattern("**/", "b"), folders));
  CHECK_FALSE(matches(pattern("**/a/", "b"), folders));
  CHECK_FALSE(matches(pattern("**/*a*/", "b"), folders + letters));
  CHECK_FALSE(matches(pattern("**/*?*/", "*b"), folders + letters));
  CHECK_FALSE(matches(pattern("a", "b").replace(0, 1, "*"), letters));
  CHECK(matches(pattern("?", "a").replace(0, 1, "*"), letters));
  CHECK(matches(pattern("*a", "a"), letters));
  CHECK(matches(pattern("**/", "a"), folders + "a"));
}

TEST_CASE("RefPattern: one that is too long to be stored matches nothing") {
  CHECK(matches(std::string(limits::ref_pattern_bytes, '*'), "a"));
  CHECK_FALSE(matches(std::string(limits::ref_pattern_bytes + 1, '*'), "a"));
}

TEST_CASE("check_ref_pattern: a limited number of bytes of UTF-8 without control characters") {
  for (const std::string& pattern :
       Names{"*", "release/*", "日本/**/*", "[", std::string(limits::ref_pattern_bytes, '*')}) {
    CAPTURE(pattern);
    CHECK(check_ref_pattern(pattern));
  }
  for (const std::string& pattern : Names{"", "a\n", "\x7f", "\xff", std::string("a\0b", 3),
                                          std::string(limits::ref_pattern_bytes + 1, '*')}) {
    CAPTURE(pattern);
    const auto checked = check_ref_pattern(pattern, "BranchProtection", "pattern");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::invalid);
    CHECK(checked.error().reason_code == "invalid_ref_pattern");
    REQUIRE(checked.error().fields.size() == 1);
    CHECK(checked.error().fields[0].resource == "BranchProtection");
    CHECK(checked.error().fields[0].field == "pattern");
  }
}
