#pragma once
#include "app/context.h"
#include "core/deployment_status.h"
#include "core/event.h"

namespace esclusa::app {

/// An event about the deployment; the caller writes its body.
core::Event event_of(const core::Deployment& deployment, std::string kind, std::string action,
                     Timestamp now);

/// Inserts a status, updates the deployment's state, and inserts the status' event. The status'
/// creator is the account of `access`.
core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentStatus status);

/// The same for a status that the server itself creates.
core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentState state, std::string description,
                                     Timestamp now);

}  // namespace esclusa::app
