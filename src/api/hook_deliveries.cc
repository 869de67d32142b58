#include "app/hook_deliveries.h"
#include "api/delivery_pages.h"
#include "api/hooks.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/hooks.h"
#include "wire/hook_delivery.h"

namespace esclusa::api {
namespace {

Result<core::HookDeliveryQuery> parse_query(const Call& call) {
  core::HookDeliveryQuery query;
  query.size = parse_page(call).size;
  query.from = TRY(parse_cursor<DeliveryAttemptId>(call));
  const std::string status = call.query_value("status");
  if (!status.empty() && status != "success" && status != "failure") {
    return delivery_query_error("status", "status must be success or failure", "invalid_status");
  }
  if (!status.empty()) query.successful = status == "success";
  return query;
}

Result<http::Response> list_hook_deliveries(const Call& call, app::Reader& db) {
  const auto hook = TRY(hook_id(call, db));
  const auto query = TRY(parse_query(call));
  const auto page = TRY(app::list_hook_deliveries(db, hook_scope(call), hook, query));
  return page_response(call, page, wire::write_hook_delivery);
}

Result<http::Response> get_hook_delivery(const Call& call, app::Reader& db) {
  const auto hook = TRY(hook_id(call, db));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  JsonWriter json;
  wire::write_hook_delivery_record(json,
                                   TRY(app::get_hook_delivery(db, hook_scope(call), hook, id)));
  return json_response(200, std::move(json));
}

Result<http::Response> redeliver(const Call& call) {
  const auto hook = TRY(hook_id(call));
  const auto id = TRY(call.id<DeliveryAttemptId>("delivery_id"));
  TRY(app::redeliver(call.context, hook_scope(call), hook, id));
  return empty_object(202);
}

// clang-format off
const Route table[] = {
    {"GET", HOOK "/deliveries", &operations::list_hook_deliveries, reads_hooks, Lane::rows,
     "repos/webhooks#list-deliveries-for-a-repository-webhook", list_hook_deliveries},
    {"GET", HOOK "/deliveries/{delivery_id}", &operations::get_hook_delivery, reads_hooks,
     Lane::loop, "repos/webhooks#get-a-delivery-for-a-repository-webhook", get_hook_delivery},
    {"POST", HOOK "/deliveries/{delivery_id}/attempts", &operations::redeliver, writes_hooks,
     Lane::commit, "repos/webhooks#redeliver-a-delivery-for-a-repository-webhook", redeliver},
    {"GET", APP_HOOK "/deliveries", &operations::list_app_hook_deliveries, "", Lane::rows,
     "apps/webhooks#list-deliveries-for-an-app-webhook", list_hook_deliveries},
    {"GET", APP_HOOK "/deliveries/{delivery_id}", &operations::get_app_hook_delivery, "",
     Lane::loop, "apps/webhooks#get-a-delivery-for-an-app-webhook", get_hook_delivery},
    {"POST", APP_HOOK "/deliveries/{delivery_id}/attempts", &operations::redeliver_app_delivery,
     "", Lane::commit, "apps/webhooks#redeliver-a-delivery-for-an-app-webhook", redeliver},
    {"GET", ORG_HOOK "/deliveries", &operations::list_organization_hook_deliveries, org_hooks,
     Lane::rows, "orgs/webhooks#list-deliveries-for-an-organization-webhook", list_hook_deliveries},
    {"GET", ORG_HOOK "/deliveries/{delivery_id}", &operations::get_organization_hook_delivery,
     org_hooks, Lane::loop, "orgs/webhooks#get-a-webhook-delivery-for-an-organization-webhook",
     get_hook_delivery},
    {"POST", ORG_HOOK "/deliveries/{delivery_id}/attempts",
     &operations::redeliver_organization_delivery, org_hooks, Lane::commit,
     "orgs/webhooks#redeliver-a-delivery-for-an-organization-webhook", redeliver},
};
// clang-format on

}  // namespace

std::span<const Route> hook_deliveries_routes() { return table; }

}  // namespace esclusa::api
