#pragma once
#include <cstdint>

#include "base/time.h"

namespace esclusa::core {

/// A client's primary rate limit, as the X-RateLimit headers report it.
struct Quota {
  int64_t limit = 0;
  int64_t used = 0;
  Timestamp reset{};
  int64_t remaining() const { return limit - used; }
  /// The reset as Unix time, in seconds, not before it.
  int64_t reset_seconds() const {
    return std::chrono::ceil<std::chrono::seconds>(reset).time_since_epoch().count();
  }
};

}  // namespace esclusa::core
