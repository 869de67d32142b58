#include "app/gates.h"

#include "app/deployment_events.h"
#include "app/review_events.h"
#include "base/check.h"
#include "core/names.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/events.h"
#include "store/gates.h"
#include "store/repositories.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

using core::DeploymentPhase;

/// Inserts the `deployment` event. This happens only here, and once, because a deployment leaves a
/// phase only once. The event's sender is the deployment's creator, whoever opened the last gate.
void dispatch(store::Connection& tx, const Context& context, const core::Repository& repository,
              const core::Principal& creator, const core::Deployment& deployment, Timestamp now) {
  const wire::EventContext event_context{repository, deployment.creator, context.event_urls};
  store::insert_event(tx, event_of(deployment, "deployment", "created", now),
                      wire::deployment_event(event_context, deployment), creator);
}

/// The creator of the server's own statuses: who acts, or the deployment's creator for the timer.
RepositoryAccess in_name_of(const RepositoryAccess& by, const core::Deployment& deployment) {
  RepositoryAccess named = by;
  if (!named.principal.account) named.principal.account = deployment.creator;
  return named;
}

void audit(store::Connection& tx, const RepositoryAccess& by, std::string_view action,
           const core::Deployment& deployment, Timestamp now) {
  store::insert_audit(tx, by.principal, {action, deployment.repository_id, deployment.id.value},
                      now);
}

bool release(store::Connection& tx, const Context& context, const RepositoryAccess& by,
             core::Deployment& deployment, Timestamp now) {
  const auto next = core::next_phase(deployment, core::DeploymentTrigger::gates_opened);
  ENSURE(next && *next == DeploymentPhase::released);
  if (!store::leave_held(tx, deployment.id, *next, now)) return false;
  deployment.phase = *next;
  core::Principal creator;
  creator.account = deployment.creator;
  creator.request_id = by.principal.request_id;
  dispatch(tx, context, by.repository, creator, deployment, now);
  record_status(tx, context, in_name_of(by, deployment), deployment, core::DeploymentState::queued,
                "Released.", now);
  audit(tx, by, "deployment.release", deployment, now);
  return true;
}

}  // namespace

core::GateTime gate_time(const Context& context) { return {context.now(), context.boot_now()}; }

Result<void> check_may_make_environment(store::Connection& db, const core::Repository& repository,
                                        const std::string& name) {
  const auto policy = store::find_new_environments(db, repository.id);
  if (policy == core::NewEnvironments::any) return core::check_may_make(policy, name, {});
  return core::check_may_make(policy, name, store::list_similar_names(db, repository.id, name));
}

namespace {

/// The existing environment, or a new one.
Result<core::Environment> find_or_make_environment(store::Connection& tx,
                                                   const core::Repository& repository,
                                                   const std::string& name, Timestamp now) {
  if (auto found = store::find_environment(tx, repository.id, name)) return *std::move(found);
  TRY(check_may_make_environment(tx, repository, name));
  return store::ensure_environment(tx, repository.id, name, now);
}

}  // namespace

Result<core::Deployment> admit(store::Connection& tx, const Context& context,
                               const RepositoryAccess& access, core::Deployment deployment,
                               const std::string& name, const core::Commit& head) {
  // The repository was still there when the access was judged.
  if (store::is_removed(tx, access.repository.id)) return not_found();
  const Timestamp now = deployment.created_at;
  const auto environment = TRY(find_or_make_environment(tx, access.repository, name, now));
  deployment.environment = deployment.original_environment = environment.name;
  const auto facts = store::gather_gate_facts(tx, environment, deployment, {now, deployment.boot});
  // The ref was allowed before the transaction; a change since then may forbid it.
  TRY(core::check_branch_policy(environment,
                                {deployment.ref_kind, deployment.ref_name, deployment.sha},
                                deployment.ref, facts));
  const auto verdicts = core::judge_gates(environment, deployment, facts);
  deployment.phase = core::all_open(verdicts) ? DeploymentPhase::released : DeploymentPhase::held;
  deployment.id = store::insert_deployment(tx, deployment, access.principal);
  if (!verdicts.empty()) store::save_verdicts(tx, deployment.id, verdicts, now);
  audit(tx, access, "deployment.create", deployment, now);
  if (deployment.phase == DeploymentPhase::released) {
    dispatch(tx, context, access.repository, access.principal, deployment, now);
  } else {
    record_status(tx, context, access, deployment, core::DeploymentState::waiting,
                  "Waits for: " + core::shut_gates(verdicts), now);
  }
  if (core::starts_asking_for_review({}, verdicts)) {
    announce_request(tx, context, access, {deployment, environment, head});
  }
  return deployment;
}

bool judge_again(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                 core::Deployment& deployment, bool past_waits) {
  const core::GateTime now = gate_time(context);
  const auto environment = store::find_environment(tx, deployment.environment.id);
  // Deleting an environment ends what it holds. Without an environment nothing may be released.
  if (deployment.phase != DeploymentPhase::held || !environment) return false;
  const auto facts = store::gather_gate_facts(tx, *environment, deployment, now);
  auto verdicts = core::judge_gates(*environment, deployment, facts);
  if (past_waits) verdicts = core::bypass(std::move(verdicts), *by.principal.account);
  const bool opens = core::all_open(verdicts);
  if (!opens && past_waits) return false;
  if (core::starts_asking_for_review(store::list_verdicts(tx, deployment.id), verdicts)) {
    announce_request(tx, context, by, {deployment, *environment, unread_head(deployment.sha)});
  }
  store::save_verdicts(tx, deployment.id, verdicts, now.wall);
  return opens && release(tx, context, by, deployment, now.wall);
}

void judge_environment(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                       EnvironmentNameId environment) {
  for (core::Deployment& deployment : store::list_held(tx, environment)) {
    judge_again(tx, context, by, deployment);
  }
}

void end_held(store::Connection& tx, const Context& context, const RepositoryAccess& by,
              core::Deployment& deployment, core::DeploymentTrigger trigger) {
  const Timestamp now = context.now();
  const auto next = core::next_phase(deployment, trigger);
  ENSURE(next && *next == DeploymentPhase::ended);
  ENSURE(store::leave_held(tx, deployment.id, *next, now));
  deployment.phase = *next;
  audit(tx, by, "deployment.end", deployment, now);
}

Result<void> check_override(store::Connection& tx, const core::Repository& repository,
                            const core::Deployment& deployment, const std::string& environment) {
  // The deployment has passed the gates of the environment that it was created for.
  if (core::fold_case(environment) == core::fold_case(deployment.original_environment.name)) {
    return {};
  }
  const auto other = store::find_environment(tx, repository.id, environment);
  if (!other) {
    const bool is_there =
        core::fold_case(environment) == core::fold_case(deployment.environment.name);
    return is_there ? Result<void>{} : check_may_make_environment(tx, repository, environment);
  }
  if (other->rules.empty()) return {};
  return fail(ErrorCode::invalid,
              "Deployment " + std::to_string(deployment.id.value) +
                  " has not passed the protection rules of " + other->name.name + ".",
              "environment_override_protected");
}

}  // namespace esclusa::app
