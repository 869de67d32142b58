#include "core/invisible.h"

#include <doctest/doctest.h>

#include <string>

using namespace esclusa::core;

TEST_CASE("find_invisible: finds nothing in visible text of any script") {
  for (const char* text : {"production", "qa/eu 1", "Ünïcode ☃", "本番環境", "продакшн", "بيئة",
                           "프로덕션", "🚀", "e\u0301", "", " ", "~"}) {
    CAPTURE(text);
    CHECK_FALSE(find_invisible(text));
  }
}

TEST_CASE("find_invisible: zero width, direction, fillers, controls and odd blanks") {
  for (const char* text :
       {"\u200B", "\u200C", "\u200D",     "\u2060",     "\uFEFF", "\u00AD",
        "\u034F",  // zero width
        "\u200E", "\u200F", "\u202A",     "\u202E",     "\u2066", "\u2069",
        "\u061C",                                                  // direction
        "\u115F", "\u3164", "\uFFA0",     "\u17B4",     "\u2800",  // fillers
        "\t",     "\n",     "\x7F",       "\u0085",     "\u009B",  // controls
        "\u00A0", "\u1680", "\u2003",     "\u2028",     "\u2029", "\u202F",
        "\u3000",  // blanks
        "\uFE0F", "\u180B", "\U000E0100", "\U000E0041", "\uFFF9", "\U0001D173"}) {
    CAPTURE(text);
    CHECK(find_invisible(text));
    const auto found = find_invisible(std::string("production") + text);
    CHECK(found == find_invisible(text));
  }
}

TEST_CASE("find_invisible: the ends of the ranges, and invalid UTF-8") {
  for (const char* seen : {"\u00A1", "\u2010", "\u2027", "\u2030", "\u205E", "\u2070", "\u27FF",
                           "\u2801", "\u3001", "\uFDFF", "\uFE10", "\uFFFC"}) {
    CAPTURE(seen);
    CHECK_FALSE(find_invisible(seen));
  }
  for (const char* broken : {"a\xFF", "\xC3", "\xE2\x80", "\xC0\x80", "\xED\xA0\x80"}) {
    CHECK(find_invisible(broken) == U'\uFFFD');
  }
}
