#pragma once
#include <string>

#include "core/feed.h"
#include "wire/json_writer.h"

namespace esclusa::wire {

/// `{seq, guid, event, action, repository, created_at, payload}` in one line. Where the body was
/// pruned, `payload` is null, and `reason_code` is `body_pruned`.
void write_feed_event(JsonWriter& json, const core::FeedEvent& event);

/// The event as a Server-Sent Event: `id`, `event`, `data`.
std::string server_sent_event(const core::FeedEvent& event);

}  // namespace esclusa::wire
