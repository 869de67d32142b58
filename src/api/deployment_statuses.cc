#include "app/deployment_statuses.h"
#include "api/claims.h"
#include "api/idempotency.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/deployment.h"
#include "wire/deployment_status.h"

/// Deployment statuses.
namespace esclusa::api {
namespace {

http::Response status_response(const Call& call, int http_status,
                               const core::DeploymentStatus& status) {
  JsonWriter json;
  wire::write_status(json, status, call.repository(), call.urls);
  return json_response(http_status, std::move(json));
}

Result<http::Response> list_statuses(const Call& call, app::Reader& db) {
  const auto deployment = TRY(call.id<DeploymentId>("deployment_id"));
  const core::Page page = parse_page(call);
  auto listing = TRY(app::list_statuses(db, call.access(), deployment, page));
  return list_response(call, page, listing, [&](auto& json, const core::DeploymentStatus& status) {
    wire::write_status(json, status, call.repository(), call.urls);
  });
}

Result<http::Response> create_status(const Call& call) {
  const auto deployment = TRY(call.id<DeploymentId>("deployment_id"));
  const core::NewDeploymentStatus input = TRY(wire::parse_new_status(call.request.body));
  const auto fence = TRY(parse_fence(call.request));
  std::string place = "status of " + std::to_string(deployment.value) + "\n";
  if (fence) place += "claim " + std::to_string(fence->value) + "\n";
  const auto key = TRY(parse_idempotency_key(call.request, place));
  auto status = TRY(app::create_status(call.context, call.access(), deployment, input, key, fence));
  http::Response response = status_response(call, 201, status);
  response.headers.add("Location", call.urls.deployment(call.repository(), deployment) +
                                       "/statuses/" + std::to_string(status.id.value));
  return response;
}

Result<http::Response> get_status(const Call& call, app::Reader& db) {
  const auto deployment = TRY(call.id<DeploymentId>("deployment_id"));
  const auto id = TRY(call.id<DeploymentStatusId>("status_id"));
  return status_response(call, 200, TRY(app::get_status(db, call.access(), deployment, id)));
}

// clang-format off
const Route table[] = {
    {"GET", DEPLOYMENT "/statuses", &operations::list_statuses, reads_deployments, Lane::rows,
     "deployments/statuses#list-deployment-statuses", list_statuses},
    {"POST", DEPLOYMENT "/statuses", &operations::create_status, "", Lane::commit,
     "deployments/statuses#create-a-deployment-status", create_status},
    {"GET", DEPLOYMENT "/statuses/{status_id}", &operations::get_status, reads_deployments,
     Lane::loop, "deployments/statuses#get-a-deployment-status", get_status},
};
// clang-format on

}  // namespace

std::span<const Route> deployment_statuses_routes() { return table; }

}  // namespace esclusa::api
