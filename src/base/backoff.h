#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>

namespace esclusa {

/// How long to wait before something that failed is tried again.
struct Backoff {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{60'000};

  /// The pause after that many failures in a row, which are 1 or more: doubled each time.
  std::chrono::milliseconds after(size_t failure_count) const {
    constexpr size_t shift_max = 20;
    return std::min(longest, first * (1 << std::min(failure_count - 1, shift_max)));
  }
};

}  // namespace esclusa
