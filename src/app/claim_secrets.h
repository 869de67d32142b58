#pragma once
#include "app/access.h"
#include "core/environment_secret.h"

/// The one way in which secrets leave the server (docs/decisions/0034).
namespace esclusa::app {

/// The secrets and variables of the deployment's original environment, for the agent that holds its
/// claim with this fence. Once for each claim; an audit row says which names were given.
///
/// All of it is judged in the transaction that answers, also what the access has judged before: the
/// token may have been revoked meanwhile. `not_found` for whom the deployment is not there, 403
/// `agent_token_required` for all others but agents, 409 `claim_lost`, `deployment_ended` and
/// `secrets_given`, and the errors of `open_environment_secrets`.
Result<core::OpenedSecrets> give_claim_secrets(const Context& context,
                                               const RepositoryAccess& access, DeploymentId id,
                                               DeploymentClaimId fence,
                                               const core::SecretNames& names);

/// The refusal of an actor that is no agent: `not_found` if it does not see the deployment, 403
/// `agent_token_required` if it does.
Result<void> require_agent(const Context& context, const RepositoryAccess& access, DeploymentId id);

}  // namespace esclusa::app
