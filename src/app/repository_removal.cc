#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/repositories.h"
#include "store/deliveries.h"
#include "store/deploy_keys.h"
#include "store/deployments.h"
#include "store/events.h"
#include "store/hooks.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Ends every held deployment of the repository with a status that says why; returns their number.
size_t end_all_held(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                    Timestamp now) {
  size_t count = 0;
  for (core::Deployment& deployment : store::list_held(tx)) {
    if (deployment.repository_id != by.repository.id) continue;
    RepositoryAccess named = by;
    if (!named.principal.account) named.principal.account = deployment.creator;
    end_held(tx, context, by, deployment, core::DeploymentTrigger::repository_removed);
    record_status(tx, context, named, deployment, core::DeploymentState::failure,
                  "The repository was removed.", now);
    ++count;
  }
  return count;
}

}  // namespace

Result<Removal> remove_repository(const Context& context, const core::Principal& principal,
                                  const std::string& owner, const std::string& name) {
  auto removed = context.database.write([&](store::Connection& tx) -> Result<Removal> {
    Removal removal{.repository = TRY(require_repository(tx, owner, name))};
    const core::Repository& repository = removal.repository;
    const Timestamp now = context.now();
    removal.deployment_count =
        end_all_held(tx, context, {principal, repository, core::Role::admin}, now);
    for (const core::Hook& hook : store::list_hooks(tx, context.sealer, repository.id)) {
      store::delete_hook(tx, hook.id, now);
      ++removal.hook_count;
    }
    // An organization's hook still receives the other events, but none that starts a deployment.
    store::cancel_deployment_events(tx, repository.id);
    removal.deploy_key_count = store::delete_deploy_keys(tx, repository.id, now);
    store::remove_repository(tx, repository, now);
    store::insert_audit(tx, principal, {"repository.remove", repository.id, repository.id.value},
                        now);
    return removal;
  });
  if (removed) context.events_committed();
  return removed;
}

}  // namespace esclusa::app
