#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

/// What the parts of the program count of themselves, for who collects it (bin/metrics.h;
/// docs/decisions/0039). To count takes no lock and allocates nothing. Any thread.
namespace esclusa {

/// How often something happened since the start.
class Tally {
 public:
  void add(uint64_t count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_ = 0;
};

/// The upper bounds of a histogram's buckets, ascending, in the unit of what is observed. There is
/// one more bucket without a bound.
inline constexpr size_t histogram_bounds_max = 14;
using HistogramBounds = std::span<const int64_t>;

/// A histogram at one moment.
struct HistogramState {
  HistogramBounds bounds;
  std::array<uint64_t, histogram_bounds_max + 1> counts{};  ///< of each bucket alone
  int64_t sum = 0;

  uint64_t total() const {
    uint64_t all = 0;
    for (const uint64_t count : counts) all += count;
    return all;
  }
};

/// Counts observations by their size.
class Histogram {
 public:
  /// At most `histogram_bounds_max` bounds, which must outlive the histogram.
  explicit Histogram(HistogramBounds bounds)
      : bounds_(bounds.first(std::min(bounds.size(), histogram_bounds_max))) {}

  void observe(int64_t value) {
    const auto place = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    counts_[static_cast<size_t>(place)].add();
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  /// In microseconds.
  void observe(std::chrono::steady_clock::duration time) {
    observe(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  }
  /// The buckets are read one after the other: an observation of meanwhile may be in none or some.
  HistogramState state() const {
    HistogramState now{bounds_};
    for (size_t i = 0; i < counts_.size(); ++i) now.counts[i] = counts_[i].value();
    now.sum = sum_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  const HistogramBounds bounds_;
  std::array<Tally, histogram_bounds_max + 1> counts_;
  std::atomic<int64_t> sum_ = 0;
};

/// Observes how long it lives.
class Timed {
 public:
  explicit Timed(Histogram& histogram) : histogram_(histogram) {}
  ~Timed() { histogram_.observe(std::chrono::steady_clock::now() - began_); }
  Timed(const Timed&) = delete;

 private:
  Histogram& histogram_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// Bounds for times from 100 µs to 30 s, in microseconds.
inline constexpr std::array<int64_t, 14> time_bounds = {
    100,    250,     500,     1'000,     2'500,     5'000,      10'000,
    25'000, 100'000, 250'000, 1'000'000, 5'000'000, 10'000'000, 30'000'000};
/// Bounds for times from 1 s to a day, in microseconds.
inline constexpr std::array<int64_t, 11> long_time_bounds = {
    250'000,     1'000'000,     5'000'000,     15'000'000,     60'000'000,    300'000'000,
    900'000'000, 3'600'000'000, 7'200'000'000, 21'600'000'000, 86'400'000'000};
/// Bounds for small numbers.
inline constexpr std::array<int64_t, 9> size_bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256};

}  // namespace esclusa
