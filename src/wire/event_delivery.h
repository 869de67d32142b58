#pragma once
#include "core/event_delivery.h"
#include "wire/json.h"
#include "wire/json_writer.h"

namespace esclusa::wire {

/// One event on its way to a hook. `next_attempt_at` is null unless there will be one.
void write_event_delivery(JsonWriter& json, const core::EventDelivery& delivery);

/// The body of `POST …/replay`. What arrived is only replayed by its time: `since` must be there.
Result<core::Replay> parse_replay(std::string_view body);

}  // namespace esclusa::wire
