#include "wire/feed.h"

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

std::string server_sent_event(EventId id, std::string_view kind, std::string_view json) {
  std::string text = "id: " + std::to_string(id.value) + "\nevent: ";
  text.reserve(text.size() + kind.size() + json.size() + 16);
  return text.append(kind).append("\ndata: ").append(json).append("\n\n");
}

}  // namespace esclusa::wire
