#include "app/gates.h"

#include "app/custom_rule_events.h"
#include "app/deployment_events.h"
#include "app/review_events.h"
#include "base/check.h"
#include "core/names.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

using core::DeploymentPhase;

/// Inserts the `deployment` event. This happens only here, and once, because a deployment leaves a
/// phase only once. The event's sender is the deployment's creator, whoever opened the last gate.
void dispatch(Change& change, const core::Repository& repository, const core::Actor& creator,
              const core::Deployment& deployment) {
  const auto about = change.event_context(repository, deployment.creator);
  change.raise(new_deployment_event(change, deployment, "deployment", "created"),
               wire::deployment_event(about, deployment), creator);
}

void audit(Change& change, std::string_view action, const core::Deployment& deployment,
           std::string detail = "{}") {
  change.audit({action, deployment.repository_id, deployment.id.value, std::move(detail)},
               deployment.environment.name);
}

/// What the audit row of a create says beside its deployment: what that repeats, and why.
std::string creation_detail(const core::Deployment& deployment) {
  if (!deployment.repeats) return "{}";
  std::vector<wire::AuditMember> members = {{"kind", core::to_name(deployment.repeats->kind)},
                                            {"origin", deployment.repeats->origin.value}};
  if (deployment.description) members.push_back({"reason", *deployment.description});
  return wire::audit_detail(members);
}

bool release(Change& change, const core::Repository& repository, core::Deployment& deployment) {
  const auto next = core::next_phase(deployment, core::DeploymentTrigger::gates_opened);
  ENSURE(next && *next == DeploymentPhase::released);
  if (!store::leave_held(change.rows, deployment.id, *next, change.now)) return false;
  deployment.phase = *next;
  dispatch(change, repository, change.actor.on_behalf_of(deployment.creator), deployment);
  record_status(change, repository, deployment, core::DeploymentState::queued, "Released.");
  audit(change, "deployment.release", deployment);
  return true;
}

}  // namespace

Result<void> check_may_make_environment(Reader& db, const core::Repository& repository,
                                        const std::string& name) {
  const auto policy = store::find_new_environments(db, repository.id);
  if (policy == core::NewEnvironments::any) return core::check_may_make(policy, name, {});
  return core::check_may_make(policy, name, store::list_similar_names(db, repository.id, name));
}

namespace {

/// The existing environment, or a new one.
Result<core::Environment> find_or_make_environment(Change& change,
                                                   const core::Repository& repository,
                                                   const std::string& name) {
  if (auto found = store::find_environment(change.rows, repository.id, name)) {
    return *std::move(found);
  }
  TRY(check_may_make_environment(change.rows, repository, name));
  return store::ensure_environment(change.rows, repository.id, name, change.now);
}

}  // namespace

Result<core::Deployment> judge_new(Change& change, const core::Repository& repository,
                                   core::Deployment deployment, const std::string& name,
                                   const core::Commit& head) {
  // The repository was still there when the access was judged.
  if (store::is_removed(change.rows, repository.id)) return not_found();
  const auto environment = TRY(find_or_make_environment(change, repository, name));
  deployment.environment = deployment.original_environment = environment.name;
  const auto facts =
      store::gather_gate_facts(change.rows, environment, deployment, change.gate_time());
  // The ref was allowed before the transaction; a change since then may forbid it.
  TRY(core::check_branch_policy(environment,
                                {deployment.ref_kind, deployment.ref_name, deployment.sha},
                                deployment.ref, facts));
  const auto verdicts = core::judge_gates(environment, deployment, facts);
  deployment.phase = core::all_open(verdicts) ? DeploymentPhase::released : DeploymentPhase::held;
  deployment.id = store::insert_deployment(change.rows, deployment, change.actor);
  if (!verdicts.empty()) {
    store::save_verdicts(change.rows, deployment.id, verdicts, change.now);
  }
  audit(change, "deployment.create", deployment, creation_detail(deployment));
  if (deployment.phase == DeploymentPhase::released) {
    dispatch(change, repository, change.actor, deployment);
  } else {
    record_status(change, repository, deployment, core::DeploymentState::waiting,
                  "Waits for: " + core::shut_gates(verdicts));
  }
  if (core::starts_asking_for_review({}, verdicts)) {
    announce_request(change, repository, {deployment, environment, head});
  }
  ask_apps(change, repository, {deployment, environment}, core::rules_to_ask({}, verdicts));
  return deployment;
}

bool judge_again(Change& change, const core::Repository& repository, core::Deployment& deployment,
                 bool past_waits) {
  const auto environment = store::find_environment(change.rows, deployment.environment.id);
  // Deleting an environment ends what it holds. Without an environment nothing may be released.
  if (deployment.phase != DeploymentPhase::held || !environment) return false;
  const auto facts =
      store::gather_gate_facts(change.rows, *environment, deployment, change.gate_time());
  auto verdicts = core::judge_gates(*environment, deployment, facts);
  if (past_waits) verdicts = core::bypass(std::move(verdicts), change.actor.sender());
  const bool opens = core::all_open(verdicts);
  if (!opens && past_waits) return false;
  const auto before = store::list_verdicts(change.rows, deployment.id);
  if (core::starts_asking_for_review(before, verdicts)) {
    announce_request(change, repository, {deployment, *environment, unread_head(deployment.sha)});
  }
  ask_apps(change, repository, {deployment, *environment}, core::rules_to_ask(before, verdicts));
  store::save_verdicts(change.rows, deployment.id, verdicts, change.now);
  return opens && release(change, repository, deployment);
}

void judge_environment(Change& change, const core::Repository& repository,
                       EnvironmentNameId environment) {
  for (core::Deployment& deployment : store::list_held(change.rows, environment)) {
    judge_again(change, repository, deployment);
  }
}

Result<HeldDeployment> find_held(Writer& tx, RepositoryId repository, DeploymentId id) {
  store::lock_deployment(tx, id);
  auto deployment = store::find_deployment(tx, repository, id);
  if (!deployment) return not_found();
  // Every transition out of `held` is allowed exactly while the deployment is held.
  TRY(core::next_phase(*deployment, core::DeploymentTrigger::gates_opened));
  auto environment = store::find_environment(tx, deployment->environment.id);
  if (!environment) {
    return fail(ErrorCode::unavailable, "The gates of the deployment cannot be read.",
                "gates_unreadable");
  }
  return HeldDeployment{*std::move(deployment), *std::move(environment)};
}

void end_held(Change& change, core::Deployment& deployment, core::DeploymentTrigger trigger) {
  const auto next = core::next_phase(deployment, trigger);
  ENSURE(next && *next == DeploymentPhase::ended);
  ENSURE(store::leave_held(change.rows, deployment.id, *next, change.now));
  deployment.phase = *next;
  audit(change, "deployment.end", deployment);
}

Result<void> check_override(Reader& db, const core::Repository& repository,
                            const core::Deployment& deployment, const std::string& environment) {
  // The deployment has passed the gates of the environment that it was created for.
  if (core::fold_case(environment) == core::fold_case(deployment.original_environment.name)) {
    return {};
  }
  const auto other = store::find_environment(db, repository.id, environment);
  if (!other) {
    const bool is_there =
        core::fold_case(environment) == core::fold_case(deployment.environment.name);
    return is_there ? Result<void>{} : check_may_make_environment(db, repository, environment);
  }
  if (other->requires_claim) {
    return fail(ErrorCode::invalid,
                "Deployment " + std::to_string(deployment.id.value) + " was not claimed for " +
                    other->name.name + ", which asks for claims.",
                "environment_override_protected");
  }
  if (other->rules.empty()) return {};
  return fail(ErrorCode::invalid,
              "Deployment " + std::to_string(deployment.id.value) +
                  " has not passed the protection rules of " + other->name.name + ".",
              "environment_override_protected");
}

}  // namespace esclusa::app
