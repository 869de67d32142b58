#include "app/event_deliveries.h"
#include "api/delivery_pages.h"
#include "api/hooks.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/hooks.h"
#include "wire/event_delivery.h"

/// The deliveries of events to webhooks, each with all its attempts. GitHub has no such list.
namespace esclusa::api {
namespace {

Result<core::EventDeliveryQuery> parse_query(const Call& call) {
  core::EventDeliveryQuery query;
  query.size = parse_page(call).size;
  query.from = TRY(parse_cursor<DeliveryId>(call));
  const std::string state = call.query_value("state");
  if (state.empty()) return query;
  query.state = core::from_name<core::DeliveryState>(state);
  if (!query.state) {
    return delivery_query_error(
        "state", "state must be pending, held, delivered, dead, skipped or cancelled",
        "invalid_state");
  }
  return query;
}

Result<http::Response> list_event_deliveries(const Call& call, app::Reader& db) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto query = TRY(parse_query(call));
  return page_response(call, TRY(app::list_event_deliveries(db, hook_scope(call), hook, query)),
                       wire::write_event_delivery);
}

Result<http::Response> replay_deliveries(const Call& call) {
  const auto hook = TRY(call.id<HookId>("hook_id"));
  const auto replay = TRY(wire::parse_replay(call.request.body));
  const auto replayed = TRY(app::replay_deliveries(call.context, hook_scope(call), hook, replay));
  JsonWriter json;
  wire::write_replayed(json, replayed);
  return json_response(202, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA HOOK "/deliveries", &operations::list_event_deliveries, reads_hooks, Lane::rows,
     "", list_event_deliveries},
    {"POST", ESCLUSA HOOK "/replay", &operations::replay_deliveries, writes_hooks, Lane::commit, "",
     replay_deliveries},
    {"GET", ESCLUSA ORG_HOOK "/deliveries", &operations::list_organization_event_deliveries,
     org_hooks, Lane::rows, "", list_event_deliveries},
    {"POST", ESCLUSA ORG_HOOK "/replay", &operations::replay_organization_deliveries, org_hooks,
     Lane::commit, "", replay_deliveries},
};
// clang-format on

}  // namespace

std::span<const Route> event_deliveries_routes() { return table; }

}  // namespace esclusa::api
