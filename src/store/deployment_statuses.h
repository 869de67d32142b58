#pragma once
#include <optional>

#include "core/actor.h"
#include "core/deployment_status.h"
#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the status, and updates the deployment's state and environment. `before` is the
/// deployment as it was until then; `status.id` is ignored.
DeploymentStatusId insert_status(sql::Writer& tx, const core::Deployment& before,
                                 core::DeploymentStatus status, const core::Actor& creator);
std::optional<core::DeploymentStatus> find_status(sql::Reader& db, DeploymentId deployment,
                                                  DeploymentStatusId id);
/// Newest first.
core::Listing<core::DeploymentStatus> list_statuses(sql::Reader& db, DeploymentId deployment,
                                                    const core::Page& page);

}  // namespace esclusa::store
