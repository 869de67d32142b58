#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/figures.h"
#include "base/time.h"

namespace esclusa::http {

/// What one lane does, and has done since the start.
struct LaneFigures {
  size_t running = 0;
  size_t waiting = 0;
  size_t threads = 0;
  uint64_t refused = 0;       ///< 503: too many waited
  HistogramState waits = {};  ///< how long the requests waited that have begun, in microseconds
  HistogramState runs = {};   ///< how long those took that have ended
};

/// What one server does, and has done since the start.
struct ServerFigures {
  size_t open_connections = 0;
  uint64_t accepted_connections = 0;
  uint64_t refused_connections = 0;               ///< those that had to give way, too
  std::array<LaneFigures, 6> lanes;               ///< as in `LaneTable`
  std::optional<Timestamp> certificate_end = {};  ///< nothing: it speaks no TLS
};

}  // namespace esclusa::http
