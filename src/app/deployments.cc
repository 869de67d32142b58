#include "app/deployments.h"

#include "base/crypto.h"
#include "git/repository.h"
#include "store/events.h"
#include "store/repositories.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> not_found() { return fail(ErrorCode::not_found, "Not Found"); }

/// Everything about the ref that the decision needs. Git is asked before the transaction, which
/// holds up every other writer.
Result<core::DeploymentFacts> gather_facts(const git::Repository& git,
                                           const core::Repository& repository,
                                           const core::NewDeployment& input) {
  core::DeploymentFacts facts;
  facts.default_branch = repository.default_branch;
  facts.merge_policy = repository.auto_merge;
  facts.resolved = TRY(git.resolve(input.ref));
  if (!facts.resolved) return facts;
  if (core::needs_behind_count(input, repository.auto_merge)) {
    auto base = TRY(git.resolve("refs/heads/" + repository.default_branch));
    if (base) facts.behind_count = TRY(git.compare(base->sha, facts.resolved->sha)).behind_count;
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

Result<core::Deployment> create_deployment(const Context& context, const RepositoryAccess& access,
                                           const core::NewDeployment& input) {
  TRY(core::check_new_deployment(input));
  const auto git = TRY(git::Repository::open(access.repository.path));
  const core::DeploymentFacts facts = TRY(gather_facts(git, access.repository, input));
  const core::DeploymentPlan plan = TRY(core::plan_deployment(input, facts));
  if (access.repository.writable) TRY(git.keep(plan.sha));

  auto created = context.database.write([&](store::Connection& tx) {
    core::Deployment deployment;
    deployment.created_at = deployment.updated_at = context.now();
    deployment.repository_id = access.repository.id;
    deployment.environment = store::ensure_environment_name(
        tx, access.repository.id, input.environment, deployment.created_at);
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
                        {"deployment.create", access.repository.id, deployment.id.value},
                        deployment.created_at);
    return deployment;
  });
  if (created) context.wake_deliveries();
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
  if (created) context.wake_deliveries();
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
