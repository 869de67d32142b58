#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/event_delivery.h"

namespace esclusa::wire {

/// An event and its delivery to a hook. `next_attempt_at` is null if no attempt is planned.
void write_event_delivery(JsonWriter& json, const core::EventDelivery& delivery);

/// The body of `POST …/replay`. To replay delivered events, `since` is required.
Result<core::Replay> parse_replay(std::string_view body);
/// `{count, more}`: the answer to a replay.
void write_replayed(JsonWriter& json, const core::Replayed& replayed);

}  // namespace esclusa::wire
