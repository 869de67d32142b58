#include "app/hook_deliveries.h"
#include "api/hooks.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/hooks.h"
#include "wire/event_delivery.h"
#include "wire/hook_delivery.h"

namespace esclusa::api {
namespace {

// The form of GitHub's cursors: a version, and the id of the first delivery of the page.
constexpr std::string_view cursor_prefix = "v1_";

std::unexpected<Error> query_error(std::string field, std::string message, std::string reason) {
  return fail_validation({"Hook", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

/// Refuses a malformed cursor: starting again at the first page would make a client loop forever.
template <class AnyId>
Result<std::optional<AnyId>> parse_cursor(const Call& call) {
  const std::string cursor = call.query_value("cursor");
  if (cursor.empty()) return std::nullopt;
  std::optional<int64_t> id;
  if (cursor.starts_with(cursor_prefix)) id = leading_number(cursor.substr(cursor_prefix.size()));
  if (id.value_or(0) == 0) return query_error("cursor", "cursor is invalid", "invalid_cursor");
  return AnyId{*id};
}

Result<core::HookDeliveryQuery> parse_query(const Call& call) {
  core::HookDeliveryQuery query;
  query.size = parse_page(call).size;
  query.from = TRY(parse_cursor<DeliveryAttemptId>(call));
  const std::string status = call.query_value("status");
  if (!status.empty() && status != "success" && status != "failure") {
    return query_error("status", "status must be success or failure", "invalid_status");
  }
  if (!status.empty()) query.successful = status == "success";
  return query;
}

Result<core::EventDeliveryQuery> parse_event_query(const Call& call) {
  core::EventDeliveryQuery query;
  query.size = parse_page(call).size;
  query.from = TRY(parse_cursor<DeliveryId>(call));
  const std::string state = call.query_value("state");
  if (state.empty()) return query;
  query.state = core::from_name<core::DeliveryState>(state);
  if (!query.state) {
    return query_error("state",
                       "state must be pending, held, delivered, dead, skipped or cancelled",
                       "invalid_state");
  }
  return query;
}

/// The JSON array of a page, with links to the previous and the next page.
template <class Page, class Write>
http::Response page_response(const Call& call, const Page& page, Write write) {
  auto cursor_of = [](const auto& id) -> std::optional<std::string> {
    if (!id) return std::nullopt;
    return std::string(cursor_prefix) + std::to_string(id->value);
  };
  wire::JsonWriter json;
  json.begin_array();
  for (const auto& item : page.items) write(json, item);
  json.end_array();
  return with_cursors(json_response(200, std::move(json)), call, cursor_of(page.previous),
                      cursor_of(page.next));
}

Result<http::Response> list_hook_deliveries(const Call& call, app::Reader& db) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto query = TRY(parse_query(call));
  const auto page = TRY(app::list_hook_deliveries(db, hook_scope(call), hook, query));
  return page_response(call, page, wire::write_hook_delivery);
}

Result<http::Response> get_hook_delivery(const Call& call, app::Reader& db) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  wire::JsonWriter json;
  wire::write_hook_delivery_record(json,
                                   TRY(app::get_hook_delivery(db, hook_scope(call), hook, id)));
  return json_response(200, std::move(json));
}

Result<http::Response> redeliver(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  TRY(app::redeliver(call.context, hook_scope(call), hook, id));
  wire::JsonWriter json;
  json.begin_object().end_object();
  return json_response(202, std::move(json));
}

Result<http::Response> list_event_deliveries(const Call& call, app::Reader& db) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto query = TRY(parse_event_query(call));
  return page_response(call, TRY(app::list_event_deliveries(db, hook_scope(call), hook, query)),
                       wire::write_event_delivery);
}

Result<http::Response> replay_deliveries(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto replay = TRY(wire::parse_replay(call.request.body));
  const auto replayed = TRY(app::replay_deliveries(call.context, hook_scope(call), hook, replay));
  wire::JsonWriter json;
  json.begin_object().member("count", replayed.count).member("more", replayed.more).end_object();
  return json_response(202, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", HOOK "/deliveries", &operations::list_hook_deliveries, reads_hooks, Lane::rows,
     "repos/webhooks#list-deliveries-for-a-repository-webhook", list_hook_deliveries},
    {"GET", HOOK "/deliveries/{delivery_id}", &operations::get_hook_delivery, reads_hooks,
     Lane::loop, "repos/webhooks#get-a-delivery-for-a-repository-webhook", get_hook_delivery},
    {"POST", HOOK "/deliveries/{delivery_id}/attempts", &operations::redeliver, writes_hooks,
     Lane::commit, "repos/webhooks#redeliver-a-delivery-for-a-repository-webhook", redeliver},
    {"GET", ESCLUSA HOOK "/deliveries", &operations::list_event_deliveries, reads_hooks, Lane::rows,
     "", list_event_deliveries},
    {"POST", ESCLUSA HOOK "/replay", &operations::replay_deliveries, writes_hooks, Lane::commit, "",
     replay_deliveries},
    {"GET", ORG_HOOK "/deliveries", &operations::list_organization_hook_deliveries, org_hooks,
     Lane::rows, "orgs/webhooks#list-deliveries-for-an-organization-webhook", list_hook_deliveries},
    {"GET", ORG_HOOK "/deliveries/{delivery_id}", &operations::get_organization_hook_delivery,
     org_hooks, Lane::loop, "orgs/webhooks#get-a-webhook-delivery-for-an-organization-webhook",
     get_hook_delivery},
    {"POST", ORG_HOOK "/deliveries/{delivery_id}/attempts",
     &operations::redeliver_organization_delivery, org_hooks, Lane::commit,
     "orgs/webhooks#redeliver-a-delivery-for-an-organization-webhook", redeliver},
    {"GET", ESCLUSA ORG_HOOK "/deliveries", &operations::list_organization_event_deliveries,
     org_hooks, Lane::rows, "", list_event_deliveries},
    {"POST", ESCLUSA ORG_HOOK "/replay", &operations::replay_organization_deliveries, org_hooks,
     Lane::commit, "", replay_deliveries},
};
// clang-format on

}  // namespace

std::span<const Route> hook_deliveries_routes() { return table; }

}  // namespace esclusa::api
