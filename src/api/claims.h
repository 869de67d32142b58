#pragma once
#include <optional>

#include "base/error.h"
#include "base/ids.h"
#include "http/message.h"

namespace esclusa::api {

/// The fence in `X-Esclusa-Claim`; nothing if there is no such header. 400 `claim_fence_required`
/// for what is no number.
Result<std::optional<DeploymentClaimId>> parse_fence(const http::Request& request);
/// The same where it is required.
Result<DeploymentClaimId> require_fence(const http::Request& request);

}  // namespace esclusa::api
