#pragma once
#include <span>
#include <string>

#include "base/json_writer.h"
#include "core/feed.h"

namespace esclusa::wire {

/// `{seq, guid, event, action, repository, created_at, payload}` in one line. Where the body was
/// pruned, `payload` is null, and `reason_code` is `body_pruned`.
void write_feed_event(JsonWriter& json, const core::FeedEvent& event);

/// `{next, events}`: a page of the feed, and the id after which the next one begins.
void write_feed_page(JsonWriter& json, int64_t next, std::span<const core::FeedEvent> events);

/// The event as a Server-Sent Event: `id`, `event`, `data`.
std::string server_sent_event(const core::FeedEvent& event);

}  // namespace esclusa::wire
