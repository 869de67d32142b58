#pragma once
#include <optional>
#include <string_view>

#include "base/time.h"

namespace esclusa::core {

/// A half-open range: `from` is included, `until` is not; an absent end is open.
struct TimeRange {
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> until = {};
};

/// GitHub's search syntax for dates: `2026-11-21`, `>=2026-11-21T08:00:00Z`, `<2026-11-21`,
/// `2026-11-01..2026-11-21`, `*..2026-11-21`. A date means the whole day (UTC), a time the whole
/// second. Nothing for anything else. Source: docs.github.com, "Understanding the search syntax".
std::optional<TimeRange> parse_time_range(std::string_view text);

}  // namespace esclusa::core
