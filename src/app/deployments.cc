#include "app/deployments.h"

#include "app/merges.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "git/repository.h"
#include "store/check_runs.h"
#include "store/events.h"
#include "store/idempotency.h"
#include "store/repositories.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

/// Everything that the decision needs. It is gathered before the transaction, which holds up every
/// other writer.
Result<core::DeploymentFacts> gather_facts(const Context& context, const git::Repository& git,
                                           const core::Repository& repository,
                                           const core::NewDeployment& input) {
  core::DeploymentFacts facts;
  facts.default_branch = repository.default_branch;
  facts.merge_policy = repository.auto_merge;
  facts.resolved = TRY(git.resolve(input.ref));
  if (!facts.resolved) return facts;
  if (core::needs_behind_count(input, repository.auto_merge)) {
    auto base = TRY(git.resolve("refs/heads/" + repository.default_branch));
    if (base) {
      facts.default_sha = base->sha;
      facts.behind_count = TRY(git.compare(base->sha, facts.resolved->sha)).behind_count;
    }
  }
  if (core::needs_contexts(input)) {
    facts.contexts = TRY(context.database.read([&](store::Connection& db) {
      return store::list_context_states(db, {repository.id, facts.resolved->sha});
    }));
  }
  return facts;
}

core::Event event_of(const core::Deployment& deployment, std::string kind, Timestamp now) {
  core::Event event;
  event.guid = random_uuid();
  event.repository_id = deployment.repository_id;
  event.environment_id = deployment.environment.id;
  event.deployment_id = deployment.id;
  event.kind = std::move(kind);
  event.action = "created";
  event.created_at = now;
  return event;
}

/// Inserts the `deployment` event. Only here: an event that is held is no row anywhere.
void dispatch(store::Connection& tx, const Context& context, const RepositoryAccess& access,
              const core::Deployment& deployment) {
  const wire::EventContext surroundings{access.repository, *access.principal.account,
                                        context.event_urls};
  store::insert_event(tx, event_of(deployment, "deployment", deployment.created_at),
                      wire::deployment_event(surroundings, deployment), access.principal);
}

/// Inserts a status, shows it on the deployment, and inserts its event.
core::DeploymentStatus record_status(store::Connection& tx, const Context& context,
                                     const RepositoryAccess& access, core::Deployment& deployment,
                                     core::DeploymentStatus status) {
  status.id = store::insert_status(tx, status, access.principal);
  deployment.state = status.state;
  deployment.environment = status.environment;
  deployment.updated_at = status.updated_at;
  core::Event event = event_of(deployment, "deployment_status", status.created_at);
  event.announced = core::is_announced(status.state);
  const wire::EventContext surroundings{access.repository, *access.principal.account,
                                        context.event_urls};
  store::insert_event(tx, event, wire::deployment_status_event(surroundings, status, deployment),
                      access.principal);
  return status;
}

void make_older_inactive(store::Connection& tx, const Context& context,
                         const RepositoryAccess& access, const core::Deployment& newer,
                         Timestamp now) {
  for (core::Deployment& older : store::list_live_deployments(tx, newer.environment.id)) {
    if (!core::is_made_inactive_by(older, newer)) continue;
    core::DeploymentStatus inactive;
    inactive.deployment_id = older.id;
    inactive.repository_id = older.repository_id;
    inactive.state = core::DeploymentState::inactive;
    inactive.environment = older.environment;
    inactive.creator = *access.principal.account;
    inactive.created_at = inactive.updated_at = now;
    record_status(tx, context, access, older, std::move(inactive));
  }
}

}  // namespace

namespace {

store::IdempotencyKeyOwner owner_of(const RepositoryAccess& access,
                                    const core::IdempotencyKey& key) {
  return {access.principal.account->id, access.repository.id, key.key};
}

/// The deployment that was made with the key, if it was made by the same body.
Result<std::optional<core::Deployment>> find_earlier(store::Connection& db,
                                                     const RepositoryAccess& access,
                                                     const core::IdempotencyKey& key,
                                                     Timestamp now) {
  const auto earlier =
      store::find_idempotency_key(db, owner_of(access, key), now - limits::idempotency_time);
  if (!earlier) return std::nullopt;
  if (earlier->body_digest != key.body_digest) {
    return fail(ErrorCode::invalid, "The Idempotency-Key was used before with another body.",
                "idempotency_key_reused");
  }
  auto deployment = store::find_deployment(db, access.repository.id, earlier->deployment_id);
  if (!deployment) {
    return fail(ErrorCode::invalid,
                "The deployment that was created with this Idempotency-Key has been deleted.",
                "idempotency_key_spent");
  }
  return deployment;
}

/// Inserts the deployment with all that belongs to it.
core::Deployment insert(store::Connection& tx, const Context& context,
                        const RepositoryAccess& access, const core::NewDeployment& input,
                        const core::DeploymentPlan& plan, Timestamp now) {
  core::Deployment deployment;
  deployment.created_at = deployment.updated_at = now;
  deployment.repository_id = access.repository.id;
  deployment.environment =
      store::ensure_environment_name(tx, access.repository.id, input.environment, now);
  deployment.original_environment = deployment.environment;
  deployment.ref = input.ref;
  deployment.sha = plan.sha;
  deployment.task = input.task;
  deployment.payload = input.payload;
  deployment.description = input.description;
  deployment.creator = *access.principal.account;
  deployment.transient_environment = input.transient_environment;
  deployment.production_environment = plan.production_environment;
  deployment.id = store::insert_deployment(tx, deployment, access.principal);
  dispatch(tx, context, access, deployment);
  store::insert_audit(tx, access.principal,
                      {"deployment.create", access.repository.id, deployment.id.value}, now);
  return deployment;
}

}  // namespace

Result<CreateOutcome> create_deployment(const Context& context, const RepositoryAccess& access,
                                        const core::NewDeployment& input,
                                        const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_new_deployment(input));
  if (key) {
    auto earlier = TRY(context.database.read(
        [&](store::Connection& db) { return find_earlier(db, access, *key, context.now()); }));
    if (earlier) return *earlier;
  }
  const auto git = TRY(git::Repository::open(access.repository.path));
  const core::DeploymentFacts facts = TRY(gather_facts(context, git, access.repository, input));
  const core::DeploymentPlan plan = TRY(core::plan_deployment(input, facts));
  if (plan.step == core::DeploymentStep::merge) {
    TRY(merge_into_branch(context, access, input.ref, *facts.resolved, facts.default_sha));
    return AutoMerged{"Auto-merged " + facts.default_branch + " into " + input.ref +
                      " on deployment."};
  }
  if (access.repository.writable) TRY(git.keep(plan.sha));

  auto created = TRY(context.database.write([&](store::Connection& tx) -> Result<core::Deployment> {
    const Timestamp now = context.now();
    if (key && !store::take_idempotency_key(tx, owner_of(access, *key), key->body_digest, now,
                                            now - limits::idempotency_time)) {
      // The same request came twice at once, and the other one was first.
      return TRY(find_earlier(tx, access, *key, now)).value();
    }
    core::Deployment deployment = insert(tx, context, access, input, plan, now);
    if (key) store::remember_deployment(tx, owner_of(access, *key), deployment.id);
    return deployment;
  }));
  context.events_committed();
  return created;
}

Result<core::Deployment> get_deployment(const Context& context, const RepositoryAccess& access,
                                        DeploymentId id) {
  auto deployment = TRY(context.database.read(
      [&](store::Connection& db) { return store::find_deployment(db, access.repository.id, id); }));
  if (!deployment) return not_found();
  return std::move(*deployment);
}

Result<core::Listing<core::Deployment>> list_deployments(const Context& context,
                                                         const RepositoryAccess& access,
                                                         const core::DeploymentFilter& filter,
                                                         const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    return store::list_deployments(db, access.repository.id, filter, page);
  });
}

Result<void> delete_deployment(const Context& context, const RepositoryAccess& access,
                               DeploymentId id) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    auto deployment = store::find_deployment(tx, access.repository.id, id);
    if (!deployment) return not_found();
    TRY(core::check_deletable(*deployment, store::is_only_deployment(tx, *deployment)));
    store::delete_deployment(tx, id);
    store::insert_audit(tx, access.principal, {"deployment.delete", access.repository.id, id.value},
                        context.now());
    return {};
  });
}

Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId id,
                                             const core::NewDeploymentStatus& input) {
  TRY(core::check_new_status(input));
  auto created =
      context.database.write([&](store::Connection& tx) -> Result<core::DeploymentStatus> {
        auto deployment = store::find_deployment(tx, access.repository.id, id);
        if (!deployment) return not_found();
        core::DeploymentStatus status;
        status.created_at = status.updated_at = context.now();
        status.deployment_id = id;
        status.repository_id = access.repository.id;
        status.state = input.state;
        status.description = input.description;
        status.environment =
            input.environment ? store::ensure_environment_name(
                                    tx, access.repository.id, *input.environment, status.created_at)
                              : deployment->environment;
        status.target_url = input.target_url;
        status.environment_url = input.environment_url;
        status.creator = *access.principal.account;
        status = record_status(tx, context, access, *deployment, std::move(status));
        if (status.state == core::DeploymentState::success && input.auto_inactive) {
          make_older_inactive(tx, context, access, *deployment, status.created_at);
        }
        store::insert_audit(tx, access.principal,
                            {"deployment_status.create", access.repository.id, status.id.value},
                            status.created_at);
        return status;
      });
  if (created) context.events_committed();
  return created;
}

Result<core::DeploymentStatus> get_status(const Context& context, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id) {
  auto status = TRY(
      context.database.read([&](store::Connection& db) -> std::optional<core::DeploymentStatus> {
        if (!store::find_deployment(db, access.repository.id, deployment)) return std::nullopt;
        return store::find_status(db, deployment, id);
      }));
  if (!status) return not_found();
  return std::move(*status);
}

Result<core::Listing<core::DeploymentStatus>> list_statuses(const Context& context,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page) {
  return context.database.read(
      [&](store::Connection& db) -> Result<core::Listing<core::DeploymentStatus>> {
        if (!store::find_deployment(db, access.repository.id, deployment)) return not_found();
        return store::list_statuses(db, deployment, page);
      });
}

}  // namespace esclusa::app
