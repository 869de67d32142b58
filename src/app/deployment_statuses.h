#pragma once
#include "app/access.h"
#include "core/deployment_status.h"
#include "core/idempotency_key.h"
#include "core/page.h"

/// Deployment statuses. The caller has judged the access.
namespace esclusa::app {

/// Creates a status; a success also makes the deployments that it replaces `inactive`, in the same
/// transaction. `error`, `failure` or `inactive` ends a held deployment; its other statuses are
/// refused (422 `waiting_for_protection`, `deployment_ended`, `environment_override_protected`).
/// With a known idempotency key, returns the earlier status.
Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId deployment,
                                             const core::NewDeploymentStatus& input,
                                             const std::optional<core::IdempotencyKey>& key = {});
Result<core::DeploymentStatus> get_status(Reader& db, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id);
Result<core::Listing<core::DeploymentStatus>> list_statuses(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page);

}  // namespace esclusa::app
