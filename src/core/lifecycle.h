#pragma once
#include "base/error.h"
#include "core/deployment.h"

namespace esclusa::core {

/// What happens to a deployment.
enum class DeploymentTrigger {
  gates_opened,         ///< the last gate opened, or an administrator went past them
  review_rejected,      ///< a reviewer said no
  environment_deleted,  ///< nothing is left to wait for
  repository_removed,   ///< registered no more: nothing is deployed from it
  progress_reported,    ///< a status that says that it runs, will run, or has succeeded
  end_reported,         ///< a status that gives it up: `inactive`, `error`, `failure`
};

/// The phase after it: the state machine of a deployment, one table. `invalid` (422) where it may
/// not happen, with the `reason_code` `waiting_for_protection`, `deployment_ended` or
/// `not_waiting`.
Result<DeploymentPhase> next_phase(const Deployment& deployment, DeploymentTrigger trigger);

/// What posting a status of that state is.
DeploymentTrigger trigger_of(DeploymentState state);

}  // namespace esclusa::core
