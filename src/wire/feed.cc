#include "wire/feed.h"
#include "wire/list.h"

#include <algorithm>

namespace esclusa::wire {

void write_feed_event(JsonWriter& json, const core::FeedEvent& entry) {
  const core::Event& event = entry.event;
  json.begin_object()
      .member("seq", event.id.value)
      .member("guid", event.guid)
      .member("event", event.kind)
      .member("action", event.action.empty() ? std::nullopt : std::optional(event.action))
      .member("repository", entry.repository)
      .member("created_at", event.created_at);
  if (entry.repeats) {
    json.member("kind", core::to_name(entry.repeats->kind))
        .member("origin", entry.repeats->origin.value);
  }
  if (!entry.body) {
    // Without the body, nothing else says which deployment it is about.
    if (event.deployment_id) json.member("deployment_id", event.deployment_id->value);
    json.member("payload", nullptr).member("reason_code", "body_pruned").end_object();
    return;
  }
  // The payload may have line breaks between tokens. JSON strings cannot contain them, so replacing
  // them changes no value.
  std::string payload = *entry.body;
  std::ranges::replace_if(payload, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  json.key("payload").raw(payload).end_object();
}

void write_feed_page(JsonWriter& json, int64_t next, std::span<const core::FeedEvent> events) {
  json.begin_object().member("next", next).key("events");
  write_list(json, events, write_feed_event);
  json.end_object();
}

std::string server_sent_event(const core::FeedEvent& entry) {
  JsonWriter json;
  write_feed_event(json, entry);
  return "id: " + std::to_string(entry.event.id.value) + "\nevent: " + entry.event.kind +
         "\ndata: " + json.take() + "\n\n";
}

}  // namespace esclusa::wire
