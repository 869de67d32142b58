#pragma once
#include "base/error.h"
#include "core/deployment.h"

namespace esclusa::core {

/// What can change a deployment's phase.
enum class DeploymentTrigger {
  gates_opened,         ///< the last gate opened, or an administrator bypassed the gates
  review_rejected,      ///< a reviewer rejected it
  environment_deleted,  ///< its gates are gone
  repository_removed,   ///< no longer registered: nothing is deployed from it
  progress_reported,    ///< a status: queued, running or succeeded
  end_reported,         ///< a status that ends it: `inactive`, `error`, `failure`
};

/// The phase after the trigger. One table is the deployment's state machine. `invalid` (422) if the
/// trigger is not allowed, with the `reason_code` `waiting_for_protection`, `deployment_ended` or
/// `not_waiting`.
Result<DeploymentPhase> next_phase(const Deployment& deployment, DeploymentTrigger trigger);

/// The trigger that a posted status of that state is.
DeploymentTrigger trigger_of(DeploymentState state);

}  // namespace esclusa::core
