#include "api/claims.h"

#include "api/route_tables.h"
#include "app/claims.h"
#include "core/operations/deployments.h"
#include "wire/claim.h"

/// Claims of deployments.
namespace esclusa::api {

namespace {

std::unexpected<Error> no_fence() {
  return fail(ErrorCode::bad_request, "X-Esclusa-Claim is the number of a claim.",
              "claim_fence_required");
}

}  // namespace

Result<std::optional<DeploymentClaimId>> parse_fence(const http::Request& request) {
  const auto text = request.headers.find("X-Esclusa-Claim");
  if (!text) return std::nullopt;
  const auto fence = parse_positive(*text);
  if (!fence) return no_fence();
  return DeploymentClaimId{*fence};
}

Result<DeploymentClaimId> require_fence(const http::Request& request) {
  const auto fence = TRY(parse_fence(request));
  if (!fence) return no_fence();
  return *fence;
}

namespace {

core::GateTime time_of(const Call& call) { return {call.context.now(), call.context.boot_now()}; }

http::Response claim_response(const Call& call, int status, const core::DeploymentClaim& claim) {
  JsonWriter json;
  wire::write_claim(json, claim, time_of(call));
  http::Response response = json_response(status, std::move(json));
  response.headers.add("Cache-Control", "no-store");  // it ends by time
  return response;
}

Result<http::Response> get_claim(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  return claim_response(call, 200, TRY(app::get_claim(db, call.access(), id, time_of(call))));
}

Result<http::Response> create_claim(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto input = TRY(wire::parse_new_claim(call.request.body));
  http::Response response =
      claim_response(call, 201, TRY(app::create_claim(call.context, call.access(), id, input)));
  response.headers.add("Location", call.urls.api + "/esclusa/repos/" +
                                       wire::Urls::path_of(call.repository()) + "/deployments/" +
                                       std::to_string(id.value) + "/claim");
  return response;
}

Result<http::Response> renew_claim(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto fence = TRY(require_fence(call.request));
  return claim_response(call, 200, TRY(app::renew_claim(call.context, call.access(), id, fence)));
}

Result<http::Response> release_claim(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto fence = TRY(require_fence(call.request));
  TRY(app::release_claim(call.context, call.access(), id, fence));
  return no_content();
}

#define CLAIM ESCLUSA DEPLOYMENT "/claim"

// clang-format off
const Route table[] = {
    {"GET", CLAIM, &operations::get_claim, reads_deployments, Lane::loop, "", get_claim},
    {"POST", CLAIM, &operations::create_claim, "", Lane::commit, "", create_claim},
    {"PUT", CLAIM, &operations::renew_claim, "", Lane::commit, "", renew_claim},
    {"DELETE", CLAIM, &operations::release_claim, "", Lane::commit, "", release_claim},
};
// clang-format on

}  // namespace

std::span<const Route> claims_routes() { return table; }

}  // namespace esclusa::api
