#include "wire/hook_delivery.h"

#include <charconv>

#include "wire/event_body.h"

namespace esclusa::wire {
namespace {

/// Seconds with three decimals.
std::string seconds(std::chrono::microseconds duration) {
  char text[32];
  const double value = std::chrono::duration<double>(duration).count();
  auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3);
  return error == std::errc{} ? std::string(text, end) : "0";
}

void write_members(JsonWriter& json, const core::HookDelivery& delivery) {
  json.member("id", delivery.id.value)
      .member("guid", delivery.guid)
      .member("delivered_at", delivery.delivered_at)
      .member("redelivery", delivery.redelivery);
  json.key("duration").raw(seconds(delivery.duration));
  json.member("status", delivery.status)
      .member("status_code", delivery.status_code)
      .member("event", delivery.event);
  json.key("action");
  delivery.action.empty() ? json.value(nullptr) : json.value(delivery.action);
  json.key("installation_id");
  delivery.installation_id ? json.value(delivery.installation_id->value) : json.value(nullptr);
  json.key("repository_id");
  delivery.repository_id ? json.value(delivery.repository_id->value) : json.value(nullptr);
  json.member("throttled_at", nullptr);
}

}  // namespace

void write_hook_delivery(JsonWriter& json, const core::HookDelivery& delivery) {
  json.begin_object();
  write_members(json, delivery);
  json.end_object();
}

void write_hook_delivery_record(JsonWriter& json, const core::HookDeliveryRecord& record) {
  json.begin_object();
  write_members(json, record.delivery);
  json.member("url", record.url);
  json.key("request").begin_object().key("headers").raw(record.request_headers);
  if (record.request_payload) {
    const std::string body =
        delivered_body(*record.request_payload, record.delivery.installation_id);
    json.key("payload").raw(body).end_object();
  } else {
    json.member("payload", nullptr).member("reason_code", "body_pruned").end_object();
  }
  json.key("response").begin_object().key("headers").raw(record.response_headers);
  json.member("payload", record.response_payload).end_object().end_object();
}

}  // namespace esclusa::wire
