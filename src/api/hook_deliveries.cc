#include "api/hook_deliveries.h"

#include "api/pagination.h"
#include "app/hook_deliveries.h"
#include "wire/hook_delivery.h"

namespace esclusa::api {
namespace {

// As GitHub's: a version, and the id of the delivery that the page begins with.
constexpr std::string_view cursor_prefix = "v1_";

std::unexpected<Error> query_error(std::string field, std::string message, std::string reason) {
  return fail_validation({"Hook", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

/// A cursor that is none is refused: to begin anew would send a client round in circles.
Result<core::HookDeliveryQuery> parse_query(const Call& call) {
  core::HookDeliveryQuery query;
  query.size = parse_page(call).size;
  if (std::string cursor = call.query_value("cursor"); !cursor.empty()) {
    std::optional<int64_t> id;
    if (cursor.starts_with(cursor_prefix)) id = parse_positive(cursor.substr(cursor_prefix.size()));
    if (!id) return query_error("cursor", "cursor is invalid", "invalid_cursor");
    query.from = DeliveryAttemptId{*id};
  }
  const std::string status = call.query_value("status");
  if (!status.empty() && status != "success" && status != "failure") {
    return query_error("status", "status must be success or failure", "invalid_status");
  }
  if (!status.empty()) query.successful = status == "success";
  return query;
}

std::optional<std::string> cursor_of(const std::optional<DeliveryAttemptId>& id) {
  if (!id) return std::nullopt;
  return std::string(cursor_prefix) + std::to_string(id->value);
}

}  // namespace

Result<http::Response> list_hook_deliveries(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto query = TRY(parse_query(call));
  const auto page = TRY(app::list_hook_deliveries(call.context, call.access(), hook, query));
  wire::JsonWriter json;
  json.begin_array();
  for (const auto& delivery : page.items) wire::write_hook_delivery(json, delivery);
  json.end_array();
  return with_cursors(json_response(200, std::move(json)), call, cursor_of(page.previous),
                      cursor_of(page.next));
}

Result<http::Response> get_hook_delivery(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  wire::JsonWriter json;
  wire::write_hook_delivery_record(
      json, TRY(app::get_hook_delivery(call.context, call.access(), hook, id)));
  return json_response(200, std::move(json));
}

Result<http::Response> redeliver(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  TRY(app::redeliver(call.context, call.access(), hook, id));
  wire::JsonWriter json;
  json.begin_object().end_object();
  return json_response(202, std::move(json));
}

}  // namespace esclusa::api
