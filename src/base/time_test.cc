#include "base/time.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace esclusa;
using namespace std::chrono_literals;

namespace {
constexpr Timestamp november = Timestamp(std::chrono::sys_days{2026y / 11 / 21} + 8h + 30min);
}

TEST_CASE("format_time: as GitHub writes times") {
  CHECK(format_time(november) == "2026-11-21T08:30:00Z");
  CHECK(format_time(november + 999'999us) == "2026-11-21T08:30:00Z");
  CHECK(format_time(from_micros(0)) == "1970-01-01T00:00:00Z");
  CHECK(format_time(from_micros(-1)) == "1969-12-31T23:59:59Z");
  CHECK(format_time(Timestamp(std::chrono::sys_days{2024y / 2 / 29})) == "2024-02-29T00:00:00Z");
}

TEST_CASE("format_time: beyond the range of the system clock's nanoseconds") {
  CHECK(format_time(Timestamp(std::chrono::sys_days{9999y / 12 / 31})) == "9999-12-31T00:00:00Z");
}

TEST_CASE("format_http_date: RFC 9110") {
  CHECK(format_http_date(november) == "Sat, 21 Nov 2026 08:30:00 GMT");
  CHECK(format_http_date(from_micros(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("parse_http_date: the three forms of RFC 9110, and nothing else") {
  for (auto text : {"Sat, 21 Nov 2026 08:30:00 GMT", "Saturday, 21-Nov-26 08:30:00 GMT",
                    "Sat Nov 21 08:30:00 2026"}) {
    CAPTURE(text);
    CHECK(parse_http_date(text) == november);
  }
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == from_micros(784'111'777'000'000));
  CHECK(parse_http_date(format_http_date(november)) == november);
  for (auto text : {"", "now", "2026-11-21T08:30:00Z", "Sat, 21 Nov 2026 08:30:00",
                    "Sat, 21 Nov 2026 08:30:00 GMT ", "Sat, 21 Nov 2026 25:30:00 GMT",
                    "Sat, 41 Nov 2026 08:30:00 GMT", "1795249800"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("to_micros and from_micros: inverse") {
  CHECK(to_micros(november) == 1'795'249'800'000'000);
  CHECK(from_micros(to_micros(november)) == november);
}

TEST_CASE("system_now: never runs backwards, in any thread") {
  std::vector<std::thread> threads;
  std::vector<char> ordered(4, 1);
  for (char& flag : ordered) {
    threads.emplace_back([&flag] {
      Timestamp last = system_now();
      for (int i = 0; i < 10'000; ++i) {
        Timestamp now = system_now();
        if (now < last) flag = 0;
        last = now;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::ranges::count(ordered, 1) == 4);
}

TEST_CASE("parse_time: RFC 3339, with fractions and offsets") {
  CHECK(parse_time("2026-11-21T08:30:00Z") == november);
  CHECK(parse_time("2026-11-21T09:30:00+01:00") == november);
  CHECK(parse_time("2026-11-21T03:00:00-05:30") == november);
  CHECK(parse_time("2026-11-21T08:30:00.5Z") == november + 500ms);
  CHECK(parse_time("2026-11-21T08:30:00.1234567Z") == november + 123'456us);
  CHECK(parse_time("1969-12-31T23:59:59Z") == from_micros(-1'000'000));
}

TEST_CASE("parse_time: nothing for text that is not a time") {
  for (auto text : {"", "2026-11-21", "2026-11-21T08:30:00", "2026-11-21 08:30:00Z",
                    "2026-13-21T08:30:00Z", "2026-02-29T08:30:00Z", "2026-11-21T24:00:00Z",
                    "2026-11-21T08:60:00Z", "2026-11-21T08:30:00.Z", "2026-11-21T08:30:00+1:00",
                    "2026-11-21T08:30:00Z ", "x026-11-21T08:30:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("parse_duration: seconds, minutes, hours and days, up to a century") {
  CHECK(parse_duration("1s") == std::chrono::seconds(1));
  CHECK(parse_duration("5m") == std::chrono::minutes(5));
  CHECK(parse_duration("168h") == std::chrono::hours(168));
  CHECK(parse_duration("90d") == std::chrono::hours(90 * 24));
  CHECK(parse_duration("36600d") == std::chrono::hours(36600 * 24));
  for (const char* text : {"", "5", "m", "0s", "-1s", "1.5h", "5 m", " 5m", "5M", "1w", "5ms",
                           "36601d", "9223372036854775807d", "99999999999999999999s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}
