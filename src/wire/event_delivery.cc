#include "wire/event_delivery.h"

#include "wire/enums.h"
#include "wire/json_body.h"

namespace esclusa::wire {
namespace {

using core::DeliveryState;

Result<std::optional<Timestamp>> parse_moment(const JsonBody& body, std::string_view name) {
  const auto text = TRY(body.optional_string(name));
  if (!text) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) {
    return fail_validation({"Hook", std::string(name), "custom",
                            std::string(name) + " must be a time such as 2026-11-21T08:00:00Z"},
                           "invalid_time");
  }
  return time;
}

Result<std::vector<DeliveryState>> parse_states(const JsonBody& body) {
  const auto text = TRY(body.optional_string("state"));
  if (!text) return core::Replay{}.states;
  if (*text == "dead") return std::vector{DeliveryState::dead};
  if (*text == "skipped") return std::vector{DeliveryState::skipped};
  if (*text == "any") {
    return std::vector{DeliveryState::dead, DeliveryState::skipped, DeliveryState::delivered};
  }
  return fail_request(*text + R"( is not a member of ["dead", "skipped", "any"].)");
}

}  // namespace

void write_event_delivery(JsonWriter& json, const core::EventDelivery& delivery) {
  auto text_or_null = [&](const char* name, const std::string& text) {
    json.key(name);
    text.empty() ? json.value(nullptr) : json.value(text);
  };
  json.begin_object()
      .member("id", delivery.id.value)
      .member("guid", delivery.guid)
      .member("event", delivery.event);
  text_or_null("action", delivery.action);
  text_or_null("repository", delivery.repository);
  json.key("deployment_id");
  delivery.deployment_id ? json.value(delivery.deployment_id->value) : json.value(nullptr);
  json.member("state", core::to_name(delivery.state))
      .member("attempt_count", delivery.attempt_count);
  json.key("next_attempt_at");
  delivery.state == DeliveryState::pending ? json.value(delivery.next_attempt_at)
                                           : json.value(nullptr);
  json.key("latest_attempt");
  if (const auto& attempt = delivery.latest_attempt) {
    json.begin_object()
        .member("id", attempt->id.value)
        .member("status", attempt->status)
        .member("status_code", attempt->status_code)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.member("created_at", delivery.created_at).end_object();
}

void write_replayed(JsonWriter& json, const core::Replayed& replayed) {
  json.begin_object()
      .member("count", replayed.count)
      .member("more", replayed.more)
      .member("pruned", replayed.pruned)
      .end_object();
}

Result<core::Replay> parse_replay(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::Replay replay;
  replay.states = TRY(parse_states(body));
  replay.created.from = TRY(parse_moment(body, "since"));
  replay.created.until = TRY(parse_moment(body, "until"));
  if (replay.states.back() == DeliveryState::delivered && !replay.created.from) {
    return fail_validation({"Hook", "since", "missing_field", ""}, "missing_field");
  }
  return replay;
}

}  // namespace esclusa::wire
