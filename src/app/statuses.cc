#include "app/statuses.h"

#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/idempotency.h"
#include "base/limits.h"
#include "core/lifecycle.h"
#include "store/deployments.h"
#include "store/events.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

void make_older_inactive(store::Connection& tx, const Context& context,
                         const RepositoryAccess& access, const core::Deployment& newer,
                         Timestamp now) {
  for (core::Deployment& older : store::list_live_deployments(tx, newer.environment.id)) {
    if (!core::is_made_inactive_by(older, newer)) continue;
    record_status(tx, context, access, older, core::DeploymentState::inactive, "", now);
  }
}

/// The status that was created with the key. A status is deleted only with its deployment.
Result<core::DeploymentStatus> find_earlier(store::Connection& tx, const RepositoryAccess& access,
                                            DeploymentId deployment,
                                            const core::IdempotencyKey& key, Timestamp now) {
  const int64_t made = TRY(find_made(tx, access, key, now)).value();
  return store::find_status(tx, deployment, {made}).value();
}

}  // namespace

Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId id,
                                             const core::NewDeploymentStatus& input,
                                             const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_new_status(input));
  auto created =
      context.database.write([&](store::Connection& tx) -> Result<core::DeploymentStatus> {
        store::lock_deployment(tx, id);
        auto deployment = store::find_deployment(tx, access.repository.id, id);
        if (!deployment) return not_found();
        const Timestamp now = context.now();
        if (key && !store::take_idempotency_key(tx, owner_of(access, *key), key->body_digest, now,
                                                now - limits::idempotency_time)) {
          return find_earlier(tx, access, id, *key, now);
        }
        const core::DeploymentTrigger trigger = core::trigger_of(input.state);
        const core::DeploymentPhase next = TRY(core::next_phase(*deployment, trigger));
        if (input.environment)
          TRY(check_override(tx, access.repository, *deployment, *input.environment));
        if (next != deployment->phase) end_held(tx, context, access, *deployment, trigger);
        core::DeploymentStatus status;
        status.created_at = status.updated_at = now;
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
        if (key) store::remember_resource(tx, owner_of(access, *key), status.id.value);
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
