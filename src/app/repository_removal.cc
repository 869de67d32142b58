#include "app/change.h"
#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/repositories.h"
#include "store/claims.h"
#include "store/delivery_queue.h"
#include "store/deploy_keys.h"
#include "store/deployments.h"
#include "store/environment_secrets.h"
#include "store/hooks.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Ends every held deployment of the repository with a status that says why; returns their number.
size_t end_all_held(Change& change, const core::Repository& repository) {
  size_t count = 0;
  for (core::Deployment& deployment : store::list_held(change.rows, repository.id)) {
    end_held(change, deployment, core::DeploymentTrigger::repository_removed);
    record_status(change, repository, deployment, core::DeploymentState::failure,
                  "The repository was removed.");
    ++count;
  }
  return count;
}

}  // namespace

Result<core::Removal> remove_repository(const Context& context, const core::Actor& actor,
                                        const std::string& owner, const std::string& name) {
  return change(context, actor, [&](Change& change) -> Result<core::Removal> {
    core::Removal removal{.repository = TRY(require_repository(change.rows, owner, name))};
    const core::Repository& repository = removal.repository;
    removal.deployment_count = end_all_held(change, repository);
    store::end_claims(change.rows, repository.id, core::ClaimEnd::repository_removed, change.now);
    for (const core::Hook& hook : store::list_hooks(change.rows, context.sealer, repository.id)) {
      store::delete_hook(change.rows, hook.id, change.now);
      ++removal.hook_count;
    }
    // An organization's hook still receives the other events, but none that starts a deployment.
    store::cancel_deployment_events(change.rows, repository.id);
    change.touch_deliveries();  // what waited behind a cancelled delivery is due now
    removal.deploy_key_count = store::delete_deploy_keys(change.rows, repository.id, change.now);
    store::delete_environment_secrets(change.rows, repository.id);
    store::remove_repository(change.rows, repository, change.now);
    change.audit({"repository.remove", repository.id, repository.id.value});
    return removal;
  });
}

}  // namespace esclusa::app
