#pragma once
#include <string>

#include "base/json_writer.h"
#include "core/feed.h"

namespace esclusa::wire {

/// `{seq, guid, event, action, repository, created_at, payload}` in one line.
void write_feed_event(JsonWriter& json, const core::FeedEvent& event);

/// The event as a Server-Sent Event: `id`, `event`, `data`.
std::string server_sent_event(const core::FeedEvent& event);

}  // namespace esclusa::wire
