#include "app/claim_secrets.h"

#include "api/claims.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/environment_secret.h"

/// The one route that shows secrets.
namespace esclusa::api {
namespace {

Result<http::Response> give_claim_secrets(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  TRY(app::require_agent(call.context, call.access(), id));
  const auto fence = TRY(require_fence(call.request));
  const auto names = TRY(wire::parse_secret_names(call.request.body));
  const auto opened = TRY(app::give_claim_secrets(call.context, call.access(), id, fence, names));
  JsonWriter json;
  wire::write_opened_secrets(json, opened);
  http::Response response = json_response(200, std::move(json));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

// clang-format off
const Route table[] = {
    {"POST", ESCLUSA DEPLOYMENT "/claim/secrets", &operations::give_claim_secrets, "",
     Lane::commit, "", give_claim_secrets},
};
// clang-format on

}  // namespace

std::span<const Route> claim_secrets_routes() { return table; }

}  // namespace esclusa::api
