#include "app/deployment_statuses.h"

#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/idempotency.h"
#include "base/check.h"
#include "base/limits.h"
#include "core/lifecycle.h"
#include "store/deployment_statuses.h"
#include "store/deployments.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

void make_older_inactive(Change& change, const core::Repository& repository,
                         const core::Deployment& newer) {
  for (core::Deployment& older : store::list_made_inactive(change.rows, newer)) {
    ENSURE(core::is_made_inactive_by(older, newer));
    record_status(change, repository, older, core::DeploymentState::inactive, "");
  }
}

/// The status that was created with the key. A status is deleted only with its deployment.
Result<core::DeploymentStatus> find_earlier(const Change& change, const RepositoryAccess& access,
                                            DeploymentId deployment,
                                            const core::IdempotencyKey& key) {
  const int64_t made = TRY(find_made(change.rows, access, key, change.now)).value();
  return store::find_status(change.rows, deployment, {made}).value();
}

core::DeploymentStatus make_status(Change& change, const RepositoryAccess& access,
                                   const core::Deployment& deployment,
                                   const core::NewDeploymentStatus& input) {
  core::DeploymentStatus status;
  status.created_at = status.updated_at = change.now;
  status.deployment_id = deployment.id;
  status.repository_id = access.repository.id;
  status.state = input.state;
  status.description = input.description;
  status.environment = input.environment
                           ? store::ensure_environment_name(change.rows, access.repository.id,
                                                            *input.environment, change.now)
                           : deployment.environment;
  status.target_url = input.target_url;
  status.environment_url = input.environment_url;
  status.creator = access.actor.sender();
  status.app = access.actor.app_of_installation();
  return status;
}

}  // namespace

Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId id,
                                             const core::NewDeploymentStatus& input,
                                             const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_new_status(input));
  return change(context, access.actor, [&](Change& change) -> Result<core::DeploymentStatus> {
    store::lock_deployment(change.rows, id);
    auto deployment = store::find_deployment(change.rows, access.repository.id, id);
    if (!deployment) return not_found();
    if (key && !take_key(change, access, *key)) {
      change.skip_audit();  // the earlier request wrote it
      return find_earlier(change, access, id, *key);
    }
    const core::DeploymentTrigger trigger = core::trigger_of(input.state);
    const core::DeploymentPhase next = TRY(core::next_phase(*deployment, trigger));
    if (input.environment) {
      TRY(check_override(change.rows, access.repository, *deployment, *input.environment));
    }
    if (next != deployment->phase) end_held(change, *deployment, trigger);
    const core::DeploymentStatus status = record_status(
        change, access.repository, *deployment, make_status(change, access, *deployment, input));
    if (status.state == core::DeploymentState::success && input.auto_inactive) {
      make_older_inactive(change, access.repository, *deployment);
    }
    if (key) store::remember_resource(change.rows, owner_of(access, *key), status.id.value);
    change.audit({"deployment_status.create", access.repository.id, status.id.value},
                 status.environment.name);
    return status;
  });
}

Result<core::DeploymentStatus> get_status(Reader& db, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id) {
  if (!store::find_deployment(db, access.repository.id, deployment)) return not_found();
  auto status = store::find_status(db, deployment, id);
  if (!status) return not_found();
  return std::move(*status);
}

Result<core::Listing<core::DeploymentStatus>> list_statuses(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page) {
  if (!store::find_deployment(db, access.repository.id, deployment)) return not_found();
  return store::list_statuses(db, deployment, page);
}

}  // namespace esclusa::app
