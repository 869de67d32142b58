#pragma once
#include <atomic>

#include "base/figures.h"

namespace esclusa::hooks {

/// What the worker has made of deliveries since the start. An attempt counts when it is recorded.
struct DeliveryFigures {
  Tally delivered;  ///< attempts that the receiver took
  Tally failed;     ///< attempts that the receiver did not take
  Tally dead;       ///< deliveries that are given up: no attempt is left, or no body
  Tally skipped;    ///< deliveries of superseded deployments that the hook did not want
  Histogram attempt_time{time_bounds};        ///< of the attempts that were sent
  Histogram delivery_time{long_time_bounds};  ///< from the event to its delivery, first ones only
  std::atomic<size_t> in_flight = 0;          ///< claimed: sent, or not yet recorded
};

}  // namespace esclusa::hooks
