#include "core/time_range.h"

#include <doctest/doctest.h>

using namespace esclusa;
using core::parse_time_range;

namespace {

/// `from/until` as GitHub writes times; an open end is `*`.
std::string shown(std::string_view text) {
  auto range = parse_time_range(text);
  if (!range) return "none";
  auto end = [](const std::optional<Timestamp>& time) { return time ? format_time(*time) : "*"; };
  return end(range->from) + "/" + end(range->until);
}

}  // namespace

TEST_CASE("parse_time_range: a date means the whole day, a time the whole second") {
  CHECK(shown("2026-11-21") == "2026-11-21T00:00:00Z/2026-11-22T00:00:00Z");
  CHECK(shown("2026-11-21T08:30:00Z") == "2026-11-21T08:30:00Z/2026-11-21T08:30:01Z");
  CHECK(shown("2026-11-21T08:30:00.5+02:00") == "2026-11-21T06:30:00Z/2026-11-21T06:30:01Z");
}

TEST_CASE("parse_time_range: comparisons leave one end open") {
  CHECK(shown(">=2026-11-21") == "2026-11-21T00:00:00Z/*");
  CHECK(shown(">2026-11-21") == "2026-11-22T00:00:00Z/*");
  CHECK(shown("<2026-11-21") == "*/2026-11-21T00:00:00Z");
  CHECK(shown("<=2026-11-21") == "*/2026-11-22T00:00:00Z");
  CHECK(shown("<=2026-11-21T08:30:00Z") == "*/2026-11-21T08:30:01Z");
}

TEST_CASE("parse_time_range: two dots join two ends; a star leaves an end open") {
  CHECK(shown("2026-11-01..2026-11-21") == "2026-11-01T00:00:00Z/2026-11-22T00:00:00Z");
  CHECK(shown("*..2026-11-21") == "*/2026-11-22T00:00:00Z");
  CHECK(shown("2026-11-21T08:30:00Z..*") == "2026-11-21T08:30:00Z/*");
  CHECK(shown("*..*") == "*/*");
}

TEST_CASE("parse_time_range: nothing else is a range") {
  for (auto text : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-21T08:30", "..", ">",
                    "=2026-11-21", "2026-11-21..", "2026-11-21...2026-11-22", "2026-11-21 ",
                    "2026-11-21T25:00:00Z", "20261121"}) {
    CAPTURE(text);
    CHECK(shown(text) == "none");
  }
}
