#include "core/ref_matches.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("RefMatches: a name is matched with a list of patterns once") {
  core::RefMatches matches;
  for (int i = 0; i < 3; ++i) {
    CHECK(matches.has_match({"main", "release/*"}, "release/1"));
    CHECK_FALSE(matches.has_match({"main", "release/*"}, "topic"));
  }
  CHECK(matches.made() == 2);
}

TEST_CASE("RefMatches: a list that has changed is matched again") {
  core::RefMatches matches;
  CHECK(matches.has_match({"a", "b"}, "a"));
  CHECK_FALSE(matches.has_match({"b"}, "a"));
  CHECK_FALSE(matches.has_match({"ab"}, "a"));
  CHECK_FALSE(matches.has_match({}, "a"));
  CHECK_FALSE(matches.has_match({"b"}, "a\tb"));
  CHECK(matches.has_match({"b", "a"}, "a"));
  CHECK(matches.made() == 5);
}
