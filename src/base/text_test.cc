#include "base/text.h"

#include <doctest/doctest.h>

#include <optional>

using namespace esclusa;
using namespace std::string_literals;

namespace {
std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out = "old";
  if (!percent_decode(text, out)) return std::nullopt;
  return out;
}
}  // namespace

TEST_CASE("append_json_string: escapes what JSON and terminals must not see") {
  CHECK(json("") == "\"\"");
  CHECK(json("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(json("\n\r\t\b\x1b\x7f\0"s) == R"("\n\r\t\u0008\u001b\u007f\u0000")");
  CHECK(json("\xc3\xa9\xe2\x98\x83\xf0\x9f\x9a\x80") == "\"\xc3\xa9\xe2\x98\x83\xf0\x9f\x9a\x80\"");
  CHECK(json("\xc2\x9b"
             "2J") == R"("\u009b2J")");
  CHECK(json("\xc2\xa0") == "\"\xc2\xa0\"");
}

TEST_CASE("append_json_string: bytes that are not UTF-8 become U+FFFD") {
  CHECK(json("a\xff"
             "b") ==
        "\"a\xef\xbf\xbd"
        "b\"");
  CHECK(json("\xc2") == "\"\xef\xbf\xbd\"");
  CHECK(json("\xc2\"") == "\"\xef\xbf\xbd\\\"\"");
  CHECK(is_utf8(json("\xed\xa0\x80")));
}

TEST_CASE("ascii_lower and equal_ignoring_case: ASCII letters only") {
  CHECK(ascii_lower("AZaz09[\xc3\x89") == "azaz09[\xc3\x89");
  CHECK(equal_ignoring_case("Content-TYPE", "content-type"));
  CHECK(equal_ignoring_case("", ""));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("trim: removes blanks at both ends") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(trim("").empty());
  CHECK(trim("a") == "a");
}

TEST_CASE("split and join: empty parts are kept") {
  using Parts = std::vector<std::string_view>;
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",a,,b,", ',') == Parts{"", "a", "", "b", ""});
  CHECK(join({}, ", ").empty());
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({"", "a", "", "b"}, ",") == ",a,,b");
}

TEST_CASE("is_utf8: well-formed sequences of RFC 3629") {
  for (auto text : {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                    "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  CHECK(is_utf8("\0"s));
}

TEST_CASE("is_utf8: overlong, surrogates, too large, cut off and stray bytes are refused") {
  for (auto text : {"\x80",
                    "\xbf",
                    "\xc0\x80",
                    "\xc1\xbf",
                    "\xe0\x80\x80",
                    "\xe0\x9f\xbf",
                    "\xf0\x80\x80\x80",
                    "\xf0\x8f\xbf\xbf",
                    "\xed\xa0\x80",
                    "\xed\xbf\xbf",
                    "\xf4\x90\x80\x80",
                    "\xf5\x80\x80\x80",
                    "\xff",
                    "\xfe",
                    "\xc2",
                    "\xe2\x98",
                    "\xf0\x9f\x9a",
                    "\xc2\x41",
                    "\xe2\x41\x83",
                    "\xf0\x9f\x9a\x41",
                    "a\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("utf8_length: code points, not bytes") {
  CHECK(utf8_length("") == 0);
  CHECK(utf8_length("a\xc3\xa9\xe2\x98\x83\xf0\x9f\x9a\x80") == 4);
}

TEST_CASE("has_control_characters: C0 and DEL") {
  CHECK(has_control_characters("a\nb"));
  CHECK(has_control_characters("\t"));
  CHECK(has_control_characters("\x7f"));
  CHECK(has_control_characters("a\0"s));
  CHECK_FALSE(has_control_characters("a b\xc3\xa9"));
}

TEST_CASE("printable: nothing that moves a terminal's cursor") {
  CHECK(printable("a\tb\n") == "a\tb\n");
  CHECK(printable("\x1b[2J\r\x7f") == "?[2J??");
  CHECK(printable("\xc2\x9b"
                  "2J") == "?2J");
  CHECK(printable("\x9b"
                  "2J") == "?2J");
  CHECK(printable("\xc2\n") == "?\n");
  CHECK(printable("\xc3\xa9\xe2\x98\x83") == "\xc3\xa9\xe2\x98\x83");
  CHECK(printable("a\u202eb\u2066c\u2069\u2028d\u200fe\u061cf") == "a?b?c??d?e?f");
  CHECK(printable("\u2027\u202f\u2065\u206a") == "\u2027\u202f\u2065\u206a");
}

TEST_CASE("percent_encode: everything but the unreserved") {
  CHECK(percent_encode("aZ0-._~") == "aZ0-._~");
  CHECK(percent_encode("a b/c%\xc3\xa9+") == "a%20b%2Fc%25%C3%A9%2B");
  CHECK(percent_encode("a/b c", "/") == "a/b%20c");
}

TEST_CASE("percent_decode: exactly two hex digits after each %") {
  CHECK(decoded("") == "");
  CHECK(decoded("a%20b%2f%2F+") == "a b//+");
  CHECK(decoded("%00") == "\0"s);
  CHECK(decoded("%C3%A9") == "\xc3\xa9");
  CHECK(decoded("%41") == "A");
  CHECK(decoded("%2541") == "%41");
  for (auto text : {"%", "%4", "a%4", "%4g", "%g4", "%-1", "%+1", "% 1", "%0x", "%%41"}) {
    CAPTURE(text);
    CHECK_FALSE(decoded(text));
  }
}
