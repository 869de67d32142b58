#include "app/deployment_events.h"

#include "base/crypto.h"
#include "store/deployments.h"
#include "store/events.h"
#include "wire/event_body.h"

namespace esclusa::app {

core::Event event_of(const core::Deployment& deployment, std::string kind, std::string action,
                     Timestamp now) {
  core::Event event;
  event.guid = random_uuid();
  event.repository_id = deployment.repository_id;
  event.environment_id = deployment.environment.id;
  event.deployment_id = deployment.id;
  event.kind = std::move(kind);
  event.action = std::move(action);
  event.created_at = now;
  return event;
}

core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentStatus status) {
  status.id = store::insert_status(tx, status, access.principal);
  deployment.state = status.state;
  deployment.environment = status.environment;
  deployment.updated_at = status.updated_at;
  core::Event event = event_of(deployment, "deployment_status", "created", status.created_at);
  event.announced = core::is_announced(status.state);
  const wire::EventContext event_context{access.repository, *access.principal.account,
                                         context.event_urls};
  store::insert_event(tx, event, wire::deployment_status_event(event_context, status, deployment),
                      access.principal);
  return status;
}

core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentState state, std::string description,
                                     Timestamp now) {
  core::DeploymentStatus status;
  status.deployment_id = deployment.id;
  status.repository_id = deployment.repository_id;
  status.state = state;
  status.description = std::move(description);
  status.environment = deployment.environment;
  status.creator = *access.principal.account;
  status.created_at = status.updated_at = now;
  return record_status(tx, context, access, deployment, std::move(status));
}

}  // namespace esclusa::app
