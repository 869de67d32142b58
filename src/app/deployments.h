#pragma once
#include <optional>
#include <string>
#include <variant>

#include "app/context.h"
#include "core/deployment.h"
#include "core/deployment_status.h"
#include "core/idempotency_key.h"
#include "store/deployments.h"

/// Deployments and their statuses. The caller has judged the access.
namespace esclusa::app {

/// The default branch was merged into the requested one, and nothing was deployed: whoever still
/// wants it asks again.
struct AutoMerged {
  std::string message;
};
using CreateOutcome = std::variant<core::Deployment, AutoMerged>;

/// Resolves, decides (`core::plan_deployment`), and records: the deployment, its event, the
/// deliveries and the audit row are one transaction. With a key that this account has used for
/// this repository within a day, the deployment of then. Errors: `invalid` (422), `conflict`
/// (409), `unavailable`.
Result<CreateOutcome> create_deployment(const Context& context, const RepositoryAccess& access,
                                        const core::NewDeployment& input,
                                        const std::optional<core::IdempotencyKey>& key = {});
Result<core::Deployment> get_deployment(const Context& context, const RepositoryAccess& access,
                                        DeploymentId id);
Result<core::Listing<core::Deployment>> list_deployments(const Context& context,
                                                         const RepositoryAccess& access,
                                                         const core::DeploymentFilter& filter,
                                                         const core::Page& page);
Result<void> delete_deployment(const Context& context, const RepositoryAccess& access,
                               DeploymentId id);

/// Records a report, and, on a success, makes what it replaces `inactive`, all in one
/// transaction.
Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId deployment,
                                             const core::NewDeploymentStatus& input);
Result<core::DeploymentStatus> get_status(const Context& context, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id);
Result<core::Listing<core::DeploymentStatus>> list_statuses(const Context& context,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page);

}  // namespace esclusa::app
