#include "base/figures.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace esclusa;
using namespace std::chrono_literals;

TEST_CASE("Histogram: a value is in the first bucket whose bound it does not exceed") {
  constexpr std::array<int64_t, 3> bounds = {10, 20, 40};
  Histogram histogram(bounds);
  for (const int64_t value : {0, 10, 11, 20, 40, 41, 1'000'000}) histogram.observe(value);
  const HistogramState state = histogram.state();
  CHECK(state.counts[0] == 2);
  CHECK(state.counts[1] == 2);
  CHECK(state.counts[2] == 1);
  CHECK(state.counts[3] == 2);  // above all bounds
  CHECK(state.counts[4] == 0);
  CHECK(state.total() == 7);
  CHECK(state.sum == 1'000'122);
  CHECK(state.bounds.size() == 3);
}

TEST_CASE("Histogram: times are in microseconds, and Timed observes how long it lives") {
  Histogram histogram(time_bounds);
  histogram.observe(3ms);
  CHECK(histogram.state().sum == 3000);
  {
    const Timed timed(histogram);
  }
  CHECK(histogram.state().total() == 2);
}

TEST_CASE("figures: the bounds ascend, and there is room for all of them") {
  const auto check = [](HistogramBounds bounds) {
    CHECK(bounds.size() <= histogram_bounds_max);
    CHECK(std::ranges::is_sorted(bounds, std::less_equal<>()));
  };
  check(time_bounds);
  check(long_time_bounds);
  check(size_bounds);
}

TEST_CASE("figures: nothing is lost when several threads count") {
  constexpr int threads = 4, turns = 10'000;
  Tally tally;
  Histogram histogram(size_bounds);
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (int turn = 0; turn < turns; ++turn) {
        tally.add();
        histogram.observe(int64_t{turn % 300});
      }
    });
  }
  running.clear();
  CHECK(tally.value() == threads * turns);
  CHECK(histogram.state().total() == threads * turns);
}
