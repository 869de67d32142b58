#include "app/deployments.h"

#include "app/default_branch.h"
#include "app/gates.h"
#include "app/idempotency.h"
#include "app/kept_commits.h"
#include "app/merges.h"
#include "app/repeats.h"
#include "app/review_events.h"
#include "app/reviewers.h"
#include "base/limits.h"
#include "git/repository.h"
#include "store/check_runs.h"
#include "store/claims.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

core::GateTime time_now(const Context& context) { return {context.now(), context.boot_now()}; }

/// Collects the facts about the environment: the refusal of its branch policy, that it does not
/// exist and must not be created, and whether it requires reviews.
Result<void> look_at_environment(const Context& context, const core::Repository& repository,
                                 const core::NewDeployment& input, core::DeploymentFacts& facts) {
  return context.database.read([&](Reader& db) {
    const auto environment = store::find_environment(db, repository.id, input.environment);
    if (!environment) {
      auto may_make = check_may_make_environment(db, repository, input.environment);
      if (!may_make) facts.forbidden = std::move(may_make).error();
      return;
    }
    facts.asks_for_review = environment->find<core::RequiredReviewersRule>() != nullptr;
    auto allowed = core::check_branch_policy(
        *environment, *facts.resolved, input.ref,
        store::gather_gate_facts(db, *environment, {}, time_now(context)));
    if (!allowed) facts.forbidden = std::move(allowed).error();
  });
}

/// The ref of the request. Of a repetition it is the one of the record that is repeated, wherever
/// that ref is now; nothing if its commit is gone.
Result<std::optional<core::ResolvedRef>> resolve(const git::Repository& git,
                                                 const core::NewDeployment& input) {
  if (!input.origin) return git.resolve(input.ref);
  const core::ResolvedRef& ref = input.origin->ref;
  const auto commit = TRY(git.resolve(ref.sha));
  return commit && commit->sha == ref.sha ? std::optional(ref) : std::nullopt;
}

/// Gathers all facts for the decision. This happens before the transaction, because a transaction
/// blocks every other writer.
Result<core::DeploymentFacts> gather_facts(const Context& context, const git::Repository& git,
                                           const core::Repository& repository,
                                           const core::NewDeployment& input) {
  core::DeploymentFacts facts;
  facts.default_branch = repository.default_branch;
  facts.merge_policy = repository.auto_merge;
  facts.resolved = TRY(resolve(git, input));
  if (!facts.resolved) return facts;
  TRY(look_at_environment(context, repository, input, facts));
  if (facts.forbidden) return facts;
  if (core::needs_behind_count(input, repository.auto_merge)) {
    auto base = find_default_branch(git, repository);
    if (!base && base.error().code != ErrorCode::conflict) return std::unexpected(base.error());
    if (base) {
      facts.default_sha = base->sha;
      facts.behind_count = TRY(git.compare(base->sha, facts.resolved->sha)).behind_count;
    } else {
      facts.no_default_branch = std::move(base).error();
    }
  }
  if (core::needs_contexts(input)) {
    facts.contexts = TRY(context.database.read([&](Reader& db) {
      return store::list_context_states(db, {repository.id, facts.resolved->sha});
    }));
  }
  return facts;
}

core::Deployment make_deployment(const core::GateTime& now, const RepositoryAccess& access,
                                 const core::NewDeployment& input, const core::ResolvedRef& ref,
                                 const core::DeploymentPlan& plan) {
  core::Deployment deployment;
  deployment.created_at = deployment.updated_at = now.wall;
  deployment.boot = now.boot;
  deployment.repository_id = access.repository.id;
  deployment.ref = input.ref;
  deployment.ref_kind = ref.kind;
  deployment.ref_name = ref.full_name;
  deployment.sha = plan.sha;
  deployment.task = input.task;
  deployment.payload = input.payload;
  deployment.description = input.description;
  deployment.creator = access.actor.sender();
  deployment.app = access.actor.app_of_installation();
  if (input.origin) deployment.repeats = input.origin->repeats;
  deployment.transient_environment = input.transient_environment;
  deployment.production_environment = plan.production_environment;
  return deployment;
}

}  // namespace

Result<std::optional<core::Deployment>> find_created(Reader& db, const RepositoryAccess& access,
                                                     const core::IdempotencyKey& key,
                                                     Timestamp now) {
  const auto made = TRY(find_made(db, access, key, now));
  if (!made) return std::nullopt;
  auto deployment = store::find_deployment(db, access.repository.id, {*made});
  if (!deployment) {
    return fail(ErrorCode::invalid,
                "The deployment that was created with this Idempotency-Key has been deleted.",
                "idempotency_key_spent");
  }
  return deployment;
}

Result<CreateOutcome> create_deployment(const Context& context, const RepositoryAccess& judged,
                                        const core::NewDeployment& input,
                                        const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_new_deployment(input));
  const RepositoryAccess access = follow_head(context, judged);
  if (key) {
    auto earlier = TRY(context.database.read(
        [&](Reader& db) { return find_created(db, access, *key, context.now()); }));
    if (earlier) return *earlier;
  }
  const auto git = TRY(git::Repository::open(access.repository));
  const core::DeploymentFacts facts = TRY(gather_facts(context, git, access.repository, input));
  const core::DeploymentPlan plan = TRY(core::plan_deployment(input, facts));
  if (plan.step == core::DeploymentStep::merge) {
    TRY(merge_into_branch(context, access, input.ref, *facts.resolved, facts.default_sha));
    return AutoMerged{"Auto-merged " + facts.default_branch + " into " + input.ref +
                      " on deployment."};
  }
  // Until the commit of the row: the ref that keeps the commit must not be removed meanwhile.
  const KeptCommit kept(access.repository.path, plan.sha);
  if (access.repository.writable) TRY(git.keep(plan.sha));
  const core::Commit head = facts.asks_for_review ? read_head(context, access.repository, plan.sha)
                                                  : unread_head(plan.sha);

  return change(context, access.actor, [&](Change& change) -> Result<core::Deployment> {
    if (key && !take_key(change, access, *key)) {
      change.skip_audit();  // a concurrent request with the same key has committed first
      return TRY(find_created(change.rows, access, *key, change.now)).value();
    }
    TRY(check_live(change.rows, access.repository, input));
    core::Deployment deployment =
        make_deployment(change.gate_time(), access, input, *facts.resolved, plan);
    deployment =
        TRY(judge_new(change, access.repository, std::move(deployment), input.environment, head));
    if (key) {
      store::remember_resource(change.rows, owner_of(access, *key), deployment.id.value);
    }
    return deployment;
  });
}

Result<core::DryRun> dry_run(const Context& context, const RepositoryAccess& judged,
                             const core::NewDeployment& input) {
  TRY(core::check_new_deployment(input));
  const RepositoryAccess access = follow_head(context, judged);
  const auto git = TRY(git::Repository::open(access.repository));
  const core::DeploymentFacts facts = TRY(gather_facts(context, git, access.repository, input));
  core::DryRun run;
  run.default_branch = facts.default_branch;
  if (facts.resolved) run.sha = facts.resolved->sha;
  auto plan = core::plan_deployment(input, facts);
  if (!plan) {
    run.refusal = std::move(plan).error();
    return run;
  }
  if (plan->step == core::DeploymentStep::merge) {
    auto merges =
        check_mergeable(git, access.repository, input.ref, *facts.resolved, facts.default_sha);
    if (merges) run.outcome = core::DryRunOutcome::merged;
    if (!merges && merges.error().code != ErrorCode::conflict) {
      return std::unexpected(std::move(merges).error());
    }
    if (!merges) run.refusal = std::move(merges).error();
    return run;
  }
  run.gates = TRY(context.database.read([&](Reader& db) {
    if (auto live = check_live_now(db, access.repository, input); !live) {
      run.refusal = std::move(live).error();
      return std::vector<core::GateVerdict>{};
    }
    const auto environment = store::find_environment(db, access.repository.id, input.environment);
    run.makes_environment = !environment;
    if (!environment) return std::vector<core::GateVerdict>{};
    // Uses the present time, as a create does: an earlier time would count as time waited.
    const core::GateTime now = time_now(context);
    const auto deployment = make_deployment(now, access, input, *facts.resolved, *plan);
    auto facts = store::gather_gate_facts(db, *environment, deployment, now);
    facts.unentitled = store::list_unentitled(db, *environment);
    auto verdicts = core::judge_gates(*environment, deployment, facts);
    hide_openers(db, access.actor, verdicts);
    return verdicts;
  }));
  if (run.refusal) return run;
  run.outcome =
      core::all_open(run.gates) ? core::DryRunOutcome::released : core::DryRunOutcome::held;
  return run;
}

Result<core::Deployment> get_deployment(Reader& db, const RepositoryAccess& access,
                                        DeploymentId id) {
  auto deployment = store::find_deployment(db, access.repository.id, id);
  if (!deployment || !sees(access, deployment->original_environment.id)) return not_found();
  return std::move(*deployment);
}

bool sees(const RepositoryAccess& access, EnvironmentNameId original_environment) {
  const core::AgentGrant* agent = access.actor.agent();
  return agent == nullptr || agent->repository_id != access.repository.id ||
         agent->is_for(original_environment);
}

Result<void> delete_deployment(const Context& context, const RepositoryAccess& access,
                               DeploymentId id) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    store::lock_deployment(change.rows, id);
    const auto deployment = store::find_deployment(change.rows, access.repository.id, id);
    if (!deployment) return not_found();
    TRY(core::check_deletable(*deployment, store::is_only_deployment(change.rows, *deployment)));
    store::end_claim(change.rows, id, core::ClaimEnd::deployment_deleted, change.now);
    store::delete_deployment(change.rows, id);
    change.audit({"deployment.delete", access.repository.id, id.value},
                 deployment->environment.name);
    return {};
  });
}

}  // namespace esclusa::app
