#include "app/repeats.h"

#include "api/deployment_answers.h"
#include "api/idempotency.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/repeat.h"

/// Rollbacks, promotions and redeploys: docs/decisions/0045-rollback.md.
namespace esclusa::api {
namespace {

const std::string& environment_of(const Call& call) { return call.parameter("environment_name"); }

Result<http::Response> roll_back(const Call& call) {
  const auto input = TRY(wire::parse_new_rollback(call.request.body));
  const auto key =
      TRY(parse_idempotency_key(call.request, "rollback of " + environment_of(call) + "\n"));
  return created_response(
      call, TRY(app::roll_back(call.context, call.access(), environment_of(call), input, key)));
}

Result<http::Response> promote(const Call& call) {
  const auto input = TRY(wire::parse_new_promotion(call.request.body));
  const auto key =
      TRY(parse_idempotency_key(call.request, "promotion to " + environment_of(call) + "\n"));
  return created_response(
      call, TRY(app::promote(call.context, call.access(), environment_of(call), input, key)));
}

Result<http::Response> redeploy(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto input = TRY(wire::parse_new_redeploy(call.request.body));
  const auto key =
      TRY(parse_idempotency_key(call.request, "redeploy of " + std::to_string(id.value) + "\n"));
  return created_response(call, TRY(app::redeploy(call.context, call.access(), id, input, key)));
}

#define ENVIRONMENT REPOSITORY "/environments/{environment_name}"

// clang-format off
const Route table[] = {
    {"POST", ESCLUSA ENVIRONMENT "/rollback", &operations::roll_back, "", Lane::git, "", roll_back},
    {"POST", ESCLUSA ENVIRONMENT "/promote", &operations::promote, "", Lane::git, "", promote},
    {"POST", ESCLUSA DEPLOYMENT "/redeploy", &operations::redeploy, "", Lane::git, "", redeploy},
};
// clang-format on

}  // namespace

std::span<const Route> repeats_routes() { return table; }

}  // namespace esclusa::api
