#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/deployment.h"
#include "core/deployment_status.h"
#include "core/page.h"
#include "core/principal.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts it with the principal as its creator; `deployment.id` is ignored.
DeploymentId insert_deployment(sql::Connection& tx, const core::Deployment& deployment,
                               const core::Principal& creator);
std::optional<core::Deployment> find_deployment(sql::Connection& db, RepositoryId repository,
                                                DeploymentId id);
/// Newest first.
core::Listing<core::Deployment> list_deployments(sql::Connection& db, RepositoryId repository,
                                                 const core::DeploymentFilter& filter,
                                                 const core::Page& page);
/// The deployments of an environment whose latest state is `success`, oldest first.
std::vector<core::Deployment> list_live_deployments(sql::Connection& db,
                                                    EnvironmentNameId environment);
bool is_only_deployment(sql::Connection& db, const core::Deployment& deployment);
/// With its statuses. Events stay.
void delete_deployment(sql::Connection& tx, DeploymentId id);

/// Inserts it, and makes the deployment show its state and environment.
DeploymentStatusId insert_status(sql::Connection& tx, const core::DeploymentStatus& status,
                                 const core::Principal& creator);
std::optional<core::DeploymentStatus> find_status(sql::Connection& db, DeploymentId deployment,
                                                  DeploymentStatusId id);
/// Newest first.
core::Listing<core::DeploymentStatus> list_statuses(sql::Connection& db, DeploymentId deployment,
                                                    const core::Page& page);

/// Reserves the next `event_no` of the deployment.
int64_t next_event_no(sql::Connection& tx, DeploymentId deployment);

}  // namespace esclusa::store
