#pragma once
#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "core/feed.h"

namespace esclusa::wire {

/// `{seq, guid, event, action, repository, created_at, payload}` in one line. Where the body was
/// pruned, `payload` is null, and `reason_code` is `body_pruned`.
void write_feed_event(JsonWriter& json, const core::FeedEvent& event);

/// The event as a Server-Sent Event: `id`, `event`, and `data`, which is what `write_feed_event`
/// made.
std::string server_sent_event(EventId id, std::string_view kind, std::string_view json);

}  // namespace esclusa::wire
