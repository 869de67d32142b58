#pragma once
#include <optional>
#include <string>
#include <variant>

#include "app/context.h"
#include "core/deployment.h"
#include "core/gates.h"
#include "core/idempotency_key.h"
#include "store/deployments.h"

/// Deployments. The caller has judged the access.
namespace esclusa::app {

/// The default branch was merged into the requested one, and nothing was deployed: whoever still
/// wants it asks again.
struct AutoMerged {
  std::string message;
};
using CreateOutcome = std::variant<core::Deployment, AutoMerged>;

/// Resolves, decides (`core::plan_deployment`), and records: the deployment, its event, the
/// deliveries and the audit row are one transaction. With a key that this account has used for
/// this repository within a day, the deployment of then. Where the environment's gates are shut,
/// the deployment is held, and its event is no row anywhere until they open. Errors: `invalid`
/// (422), `conflict` (409), `unavailable`.
Result<CreateOutcome> create_deployment(const Context& context, const RepositoryAccess& access,
                                        const core::NewDeployment& input,
                                        const std::optional<core::IdempotencyKey>& key = {});

/// Judges as `create_deployment` does, and does nothing.
Result<core::DryRun> dry_run(const Context& context, const RepositoryAccess& access,
                             const core::NewDeployment& input);

Result<core::Deployment> get_deployment(const Context& context, const RepositoryAccess& access,
                                        DeploymentId id);
Result<core::Listing<core::Deployment>> list_deployments(const Context& context,
                                                         const RepositoryAccess& access,
                                                         const core::DeploymentFilter& filter,
                                                         const core::Page& page);
Result<void> delete_deployment(const Context& context, const RepositoryAccess& access,
                               DeploymentId id);

}  // namespace esclusa::app
