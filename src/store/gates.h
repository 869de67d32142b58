#pragma once
#include <set>
#include <vector>

#include "core/gates.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Reads the facts that the gates of the environment are judged by; `deployment` may have no id
/// yet.
core::GateFacts gather_gate_facts(sql::Reader& db, const core::Environment& environment,
                                  const core::Deployment& deployment, const core::GateTime& now);
/// The accounts that the environment's rule names directly but that may not review now.
std::set<AccountId> list_unentitled(sql::Reader& db, const core::Environment& environment);

/// Replaces the deployment's stored verdicts.
void save_verdicts(sql::Writer& tx, DeploymentId deployment,
                   const std::vector<core::GateVerdict>& verdicts, Timestamp now);
/// The verdicts as they were last judged, without their openers.
std::vector<core::GateVerdict> list_verdicts(sql::Reader& db, DeploymentId deployment);

}  // namespace esclusa::store
