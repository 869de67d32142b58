#pragma once
#include <optional>
#include <string>
#include <variant>

#include "app/access.h"
#include "core/deployment.h"
#include "core/dry_run.h"
#include "core/idempotency_key.h"
#include "store/deployments.h"

/// Deployments. The caller has judged the access.
namespace esclusa::app {

/// The default branch was merged into the requested branch, and no deployment was created: the
/// client must send the request again.
struct AutoMerged {
  std::string message;
};
using CreateOutcome = std::variant<core::Deployment, AutoMerged>;

/// Resolves the ref, decides (`core::plan_deployment`) and records: the deployment, its event, the
/// deliveries and the audit row are one transaction. With an idempotency key that this account used
/// for this repository in the last 24 hours, returns the earlier deployment. While a gate of the
/// environment is shut, the deployment is held, and its event is not inserted. A repetition
/// (`input.origin`, see app/repeats.h) is judged by the ref of the record that it repeats. Errors:
/// `invalid` (422), `conflict` (409), `unavailable`.
Result<CreateOutcome> create_deployment(const Context& context, const RepositoryAccess& access,
                                        const core::NewDeployment& input,
                                        const std::optional<core::IdempotencyKey>& key = {});

/// The deployment that was created with the key, if the body was the same. 422
/// `idempotency_key_reused`, `idempotency_key_spent`.
Result<std::optional<core::Deployment>> find_created(Reader& db, const RepositoryAccess& access,
                                                     const core::IdempotencyKey& key,
                                                     Timestamp now);

/// Judges as `create_deployment` does, but changes nothing.
Result<core::DryRun> dry_run(const Context& context, const RepositoryAccess& access,
                             const core::NewDeployment& input);

/// `not_found` also for an agent whose environments it was not created for.
Result<core::Deployment> get_deployment(Reader& db, const RepositoryAccess& access,
                                        DeploymentId id);
/// Whether the actor sees deployments that were created for this environment. An agent sees in its
/// repository only those of its own environments.
bool sees(const RepositoryAccess& access, EnvironmentNameId original_environment);
Result<void> delete_deployment(const Context& context, const RepositoryAccess& access,
                               DeploymentId id);

}  // namespace esclusa::app
