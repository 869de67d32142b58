#include "app/deployment_events.h"

#include "core/claim.h"
#include "store/claims.h"
#include "store/deployment_statuses.h"
#include "store/deployments.h"
#include "wire/event_body.h"

namespace esclusa::app {

core::Event new_deployment_event(const Change& change, const core::Deployment& deployment,
                                 std::string kind, std::string action) {
  core::Event event =
      change.new_event(deployment.repository_id, std::move(kind), std::move(action));
  event.environment_id = deployment.environment.id;
  event.deployment_id = deployment.id;
  return event;
}

core::DeploymentStatus record_status(Change& change, const core::Repository& repository,
                                     core::Deployment& deployment, core::DeploymentStatus status) {
  const core::Actor by =
      change.actor.account() != nullptr ? change.actor : change.actor.on_behalf_of(status.creator);
  status.id = store::insert_status(change.rows, deployment, status, by);
  if (core::is_final(status.state)) {
    store::end_claim(change.rows, deployment.id, core::ClaimEnd::status, change.now);
  }
  deployment.state = status.state;
  deployment.environment = status.environment;
  deployment.updated_at = status.updated_at;
  core::Event event = new_deployment_event(change, deployment, "deployment_status", "created");
  event.announced = core::is_announced(status.state);
  const auto about = change.event_context(repository, by.sender());
  change.raise(event, wire::deployment_status_event(about, status, deployment), by);
  return status;
}

core::DeploymentStatus record_status(Change& change, const core::Repository& repository,
                                     core::Deployment& deployment, core::DeploymentState state,
                                     std::string description) {
  const core::Account* account = change.actor.account();
  core::DeploymentStatus status;
  status.deployment_id = deployment.id;
  status.repository_id = deployment.repository_id;
  status.state = state;
  status.description = std::move(description);
  status.environment = deployment.environment;
  status.creator = account != nullptr ? *account : deployment.creator;
  status.created_at = status.updated_at = change.now;
  return record_status(change, repository, deployment, std::move(status));
}

}  // namespace esclusa::app
