#pragma once
#include "api/call.h"
#include "core/deployment.h"

/// What the answers of several routes about deployments have in common.
namespace esclusa::api {

/// The deployment as GitHub's JSON, with `Last-Modified` and the headers of `add_repeats`.
http::Response deployment_response(const Call& call, int status,
                                   const core::Deployment& deployment);
/// The answer to a create: 201, with the deployment's address.
http::Response created_response(const Call& call, const core::Deployment& deployment);

/// `X-Esclusa-Kind` and `X-Esclusa-Origin`, of a deployment that repeats another one: GitHub's JSON
/// has no member for them.
void add_repeats(http::Response& response, const std::optional<core::Repeats>& repeats);

/// `X-Esclusa-Expected-Live`: the id of a deployment, or `none`. 400 `invalid_expected_live`.
Result<std::optional<core::ExpectedLive>> parse_expected_live(const http::Request& request);

}  // namespace esclusa::api
