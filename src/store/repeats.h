#pragma once
#include <optional>
#include <string_view>

#include "core/deployment.h"
#include "sql/connection.h"

/// What is repeated, and what a client takes to be live: docs/decisions/0045-rollback.md.
namespace esclusa::store {

/// The deployment that is live in the environment for the task: the one with the latest success, if
/// that is still its state.
std::optional<core::Deployment> find_live_deployment(sql::Reader& db, EnvironmentNameId environment,
                                                     std::string_view task);
/// Its id, inside a transaction that acts on it. On PostgreSQL no other transaction replaces it
/// until this one ends.
std::optional<DeploymentId> lock_live(sql::Writer& tx, EnvironmentNameId environment,
                                      std::string_view task);

/// The live before: the deployment with the latest success that is older than that of what is live,
/// and of another commit. What was live after the origin of a rollback was rolled back, and is
/// passed over; so is what has failed after its success. Examines `live_before_scanned` at most.
std::optional<core::Deployment> find_live_before(sql::Reader& db, EnvironmentNameId environment,
                                                 std::string_view task);
constexpr int live_before_scanned = 1000;
/// The rollbacks of rollbacks that are followed.
constexpr int rollbacks_followed = 100;

/// Whether the deployment has succeeded since it came to its present environment.
bool has_succeeded(sql::Reader& db, DeploymentId id);

}  // namespace esclusa::store
