#pragma once
#include "app/context.h"
#include "core/deployment_status.h"
#include "core/idempotency_key.h"
#include "core/page.h"

/// What is reported about deployments. The caller has judged the access.
namespace esclusa::app {

/// Records a report, and, on a success, makes what it replaces `inactive`, all in one
/// transaction. A report that gives up a held deployment ends its wait; others are refused (422
/// `waiting_for_protection`, `deployment_ended`, `environment_override_protected`). With a key that
/// is known, gives the earlier status.
Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId deployment,
                                             const core::NewDeploymentStatus& input,
                                             const std::optional<core::IdempotencyKey>& key = {});
Result<core::DeploymentStatus> get_status(const Context& context, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id);
Result<core::Listing<core::DeploymentStatus>> list_statuses(const Context& context,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page);

}  // namespace esclusa::app
