#pragma once
#include <chrono>
#include <optional>

#include "base/time.h"

namespace esclusa {

/// Turns a clock that anybody may set into a time that never runs backwards and never stands still.
/// After the clock is set back, the time runs at half speed until the clock has caught up, so that
/// every moment still comes. One thread at a time.
class ForwardClock {
 public:
  /// Returns the time. `wall` is what the clock says; `steady` is the time since any fixed moment.
  Timestamp tell(Timestamp wall, std::chrono::microseconds steady) {
    // Computed from the last moment at which the clock was right, so that rounding loses nothing.
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
