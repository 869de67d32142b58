#include "app/deployment_statuses.h"

#include "app/deployment_events.h"
#include "app/deployments.h"
#include "app/gates.h"
#include "app/idempotency.h"
#include "base/check.h"
#include "base/limits.h"
#include "core/claim.h"
#include "core/lifecycle.h"
#include "store/claims.h"
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

/// Judges a status by the deployment's claim, and makes of the claim what follows, except for its
/// end by a final status: `record_status` does that.
Result<void> pass_claim(Change& change, const core::Deployment& deployment,
                        core::DeploymentState state, std::optional<DeploymentClaimId> fence) {
  const auto facts =
      store::gather_status_facts(change.rows, deployment.id, deployment.original_environment.id);
  if (fence) {
    const bool is_live = facts.live && facts.live->id == *fence;
    TRY(core::check_holds(
        is_live ? facts.live : store::find_claim(change.rows, deployment.id, *fence), change.actor,
        change.gate_time()));
  } else if (facts.requires_claim) {
    TRY(core::check_needs_no_claim(state));
  }
  if (!facts.live || core::is_final(state)) return {};
  const auto next = core::claim_after(facts.live->state, state, fence.has_value());
  if (next == facts.live->state) return {};
  if (next == core::ClaimState::started) {
    store::start_claim(change.rows, facts.live->id, change.now);
  } else {
    store::end_claim(change.rows, deployment.id, core::ClaimEnd::status, change.now);
  }
  return {};
}

/// An agent moves a deployment to no environment but its own.
Result<void> check_agent_environment(const core::Actor& actor,
                                     const std::optional<std::string>& environment) {
  const core::AgentGrant* agent = actor.agent();
  if (agent == nullptr || !environment || agent->is_for(*environment)) return {};
  return fail(ErrorCode::forbidden, "The token of this agent is not for that environment.",
              "environment_not_of_agent");
}

/// The environment of a status that names none. An agent reports for no environment but its own,
/// also where somebody else moved the deployment to another one.
const core::EnvironmentName& present_environment(const core::Actor& actor,
                                                 const core::Deployment& deployment) {
  const core::AgentGrant* agent = actor.agent();
  const bool is_elsewhere = agent != nullptr && !agent->is_for(deployment.environment.name);
  return is_elsewhere ? deployment.original_environment : deployment.environment;
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
                           : present_environment(change.actor, deployment);
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
                                             const std::optional<core::IdempotencyKey>& key,
                                             std::optional<DeploymentClaimId> fence) {
  TRY(core::check_new_status(input));
  return change(context, access.actor, [&](Change& change) -> Result<core::DeploymentStatus> {
    store::lock_deployment(change.rows, id);
    auto deployment = TRY(get_deployment(change.rows, access, id));
    TRY(check_agent_environment(change.actor, input.environment));
    if (key && !take_key(change, access, *key)) {
      change.skip_audit();  // the earlier request wrote it
      return find_earlier(change, access, id, *key);
    }
    const core::DeploymentTrigger trigger = core::trigger_of(input.state);
    const core::DeploymentPhase next = TRY(core::next_phase(deployment, trigger));
    TRY(pass_claim(change, deployment, input.state, fence));
    if (input.environment) {
      TRY(check_override(change.rows, access.repository, deployment, *input.environment));
    }
    if (next != deployment.phase) end_held(change, deployment, trigger);
    const core::DeploymentStatus status = record_status(
        change, access.repository, deployment, make_status(change, access, deployment, input));
    if (status.state == core::DeploymentState::success && input.auto_inactive) {
      make_older_inactive(change, access.repository, deployment);
    }
    if (key) store::remember_resource(change.rows, owner_of(access, *key), status.id.value);
    change.audit({"deployment_status.create", access.repository.id, status.id.value},
                 status.environment.name);
    return status;
  });
}

Result<core::DeploymentStatus> get_status(Reader& db, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id) {
  TRY(get_deployment(db, access, deployment));
  auto status = store::find_status(db, deployment, id);
  if (!status) return not_found();
  return std::move(*status);
}

Result<core::Listing<core::DeploymentStatus>> list_statuses(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page) {
  TRY(get_deployment(db, access, deployment));
  return store::list_statuses(db, deployment, page);
}

}  // namespace esclusa::app
