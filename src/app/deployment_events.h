#pragma once
#include "app/change.h"
#include "core/deployment_status.h"

/// Events about a deployment, and the statuses that make them: steps of a change.
namespace esclusa::app {

/// An event about the deployment; the caller writes its body.
core::Event new_deployment_event(const Change& change, const core::Deployment& deployment,
                                 std::string kind, std::string action);

/// Inserts a status, updates the deployment's state, and inserts the status' event. The status'
/// creator is the event's sender. A final status ends the deployment's claim.
core::DeploymentStatus record_status(Change& change, const core::Repository& repository,
                                     core::Deployment& deployment, core::DeploymentStatus status);

/// The same for a status that the server itself creates. Its creator is the actor's account, or the
/// deployment's creator where the actor has none.
core::DeploymentStatus record_status(Change& change, const core::Repository& repository,
                                     core::Deployment& deployment, core::DeploymentState state,
                                     std::string description);

}  // namespace esclusa::app
