#include "app/claim_secrets.h"

#include "app/claims.h"
#include "app/deployments.h"
#include "app/environment_secrets.h"
#include "core/claim.h"
#include "store/agent_tokens.h"
#include "store/claims.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> agent_token_required() {
  return fail(ErrorCode::forbidden,
              "Secrets are for the agent that holds the claim: a token of an agent is required.",
              "agent_token_required");
}

/// The actor's token as it is now.
Result<core::AgentGrant> usable_agent(Change& change) {
  const core::AgentGrant* agent = change.actor.agent();
  if (agent == nullptr) return agent_token_required();
  auto present = store::find_agent(change.rows, agent->token.id);
  if (!present || !core::is_usable(*present, change.now)) {
    return fail(ErrorCode::unauthenticated, "Bad credentials");
  }
  return *std::move(present);
}

/// Whether the deployment is one for which this agent gets secrets by this claim. What the claim's
/// owner is judged by says most of it; none of it is left to the way in which a row is found.
Result<void> check(const core::AgentGrant& agent, const HeldClaim& held) {
  const auto& [deployment, claim] = held;
  const bool is_of_agent = agent.repository_id == deployment.repository_id &&
                           agent.is_for(deployment.original_environment.id);
  if (!is_of_agent) return not_found();
  if (claim.agent_token_id != agent.token.id || claim.deployment_id != deployment.id) {
    return fail(ErrorCode::conflict, "The claim is not of this token.", "claim_lost");
  }
  const bool has_ended = deployment.state && core::is_final(*deployment.state);
  if (deployment.phase != core::DeploymentPhase::released || has_ended) {
    return fail(ErrorCode::conflict, "The deployment has ended, or was not released.",
                "deployment_ended");
  }
  return {};
}

std::string names_given(const core::OpenedSecrets& opened, DeploymentId deployment) {
  std::vector<std::string_view> secrets, variables;
  for (const core::OpenedSecret& secret : opened.secrets) secrets.push_back(secret.name);
  for (const auto& variable : opened.variables) variables.push_back(variable.name);
  return wire::audit_detail(
      {{"deployment_id", deployment.value}, {"secrets", secrets}, {"variables", variables}});
}

}  // namespace

Result<void> require_agent(const Context& context, const RepositoryAccess& access,
                           DeploymentId id) {
  if (access.actor.agent() != nullptr) return {};
  return context.database.read([&](Reader& db) -> Result<void> {
    TRY(get_deployment(db, access, id));
    return agent_token_required();
  });
}

Result<core::OpenedSecrets> give_claim_secrets(const Context& context,
                                               const RepositoryAccess& access, DeploymentId id,
                                               DeploymentClaimId fence,
                                               const core::SecretNames& names) {
  TRY(require_agent(context, access, id));
  return change(context, access.actor, [&](Change& change) -> Result<core::OpenedSecrets> {
    const auto agent = TRY(usable_agent(change));
    const auto held = TRY(hold_claim(change, access, id, fence));
    TRY(check(agent, held));
    auto opened = TRY(open_environment_secrets(change.rows, context.sealer,
                                               held.deployment.original_environment.id, names));
    if (!store::note_secrets_given(change.rows, held.claim.id, change.now)) {
      return fail(ErrorCode::conflict, "This claim has got its secrets already.", "secrets_given");
    }
    change.audit({"claim.secrets", held.deployment.repository_id, held.claim.id.value,
                  names_given(opened, held.deployment.id)},
                 held.deployment.original_environment.name);
    return opened;
  });
}

}  // namespace esclusa::app
