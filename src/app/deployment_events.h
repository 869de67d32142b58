#pragma once
#include "app/context.h"
#include "core/deployment_status.h"
#include "core/event.h"

namespace esclusa::app {

/// An event about the deployment, its body still to be written.
core::Event event_of(const core::Deployment& deployment, std::string kind, std::string action,
                     Timestamp now);

/// Inserts a status, shows it on the deployment, and inserts its event. The access' account is the
/// status' creator.
core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentStatus status);

/// The same for a status that the server itself adds.
core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentState state, std::string description,
                                     Timestamp now);

}  // namespace esclusa::app
