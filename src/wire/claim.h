#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/claim.h"

/// Claims of deployments. GitHub has none.
namespace esclusa::wire {

/// The body of `POST …/claim`, which may be empty.
Result<core::NewClaim> parse_new_claim(std::string_view body);

/// `{"fence", "state", "owner", "agent", "claimed_at", "started_at", "expires_at"}`.
void write_claim(JsonWriter& json, const core::DeploymentClaim& claim, const core::GateTime& now);

}  // namespace esclusa::wire
