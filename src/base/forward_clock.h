#pragma once
#include <chrono>
#include <optional>

#include "base/time.h"

namespace esclusa {

/// Makes of a clock that anybody may set a time that neither runs backwards nor stands still. When
/// the clock is set back, the time goes on at half its pace until the clock has caught up, so that
/// whatever waits for a moment sees it come. One thread at a time.
class ForwardClock {
 public:
  /// The time, where the clock says `wall` and `steady` has passed since any fixed moment.
  Timestamp tell(Timestamp wall, std::chrono::microseconds steady) {
    // Counted since the last time that the clock was right: small steps lose nothing in rounding.
    const bool is_right = !right_ || wall >= right_->time + (steady - right_->steady) / slow_down;
    if (is_right) right_ = {wall, steady};
    return right_->time + (steady - right_->steady) / slow_down;
  }

 private:
  static constexpr int slow_down = 2;
  struct Reading {
    Timestamp time;
    std::chrono::microseconds steady;
  };
  std::optional<Reading> right_;
};

}  // namespace esclusa
