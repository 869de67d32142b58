#include "base/forward_clock.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace std::chrono_literals;

namespace {
constexpr Timestamp noon = Timestamp(std::chrono::sys_days{2026y / 11 / 21} + 12h);
}

TEST_CASE("ForwardClock: follows the clock, also when it is set ahead") {
  ForwardClock clock;
  CHECK(clock.tell(noon, 0s) == noon);
  CHECK(clock.tell(noon + 1s, 1s) == noon + 1s);
  CHECK(clock.tell(noon + 87'600h, 2s) == noon + 87'600h);
  CHECK(clock.tell(noon + 87'600h + 1us, 3s) == noon + 87'600h + 500ms);
}

TEST_CASE("ForwardClock: runs on when the clock is set back, until the clock has caught up") {
  ForwardClock clock;
  CHECK(clock.tell(noon, 0s) == noon);
  CHECK(clock.tell(noon - 10s, 0s) == noon);
  CHECK(clock.tell(noon - 8s, 2s) == noon + 1s);
  CHECK(clock.tell(noon + 10s, 20s) == noon + 10s);
  CHECK(clock.tell(noon + 11s, 21s) == noon + 11s);
}

TEST_CASE("ForwardClock: runs on, however often it is read while the clock is behind") {
  ForwardClock clock;
  clock.tell(noon, 0s);
  Timestamp last = noon;
  for (auto steady = 0us; steady <= 1000us; ++steady) {
    const Timestamp now = clock.tell(noon - 87'600h + steady, steady);
    REQUIRE(now >= last);
    last = now;
  }
  CHECK(last == noon + 500us);
}

TEST_CASE("ForwardClock: runs on when the clock is set back again and again") {
  ForwardClock clock;
  Timestamp last = clock.tell(noon, 0s);
  for (int step = 1; step <= 100; ++step) {
    const Timestamp now = clock.tell(noon - step * 1h, step * 1s);
    REQUIRE(now == last + 500ms);
    last = now;
  }
}
