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
///
/// With a fence, the actor must hold that claim (409 `claim_lost`): `in_progress` starts it, and a
/// final state ends it. Without one, 409 `claim_required` if the environment asks for claims; an
/// `in_progress` ends a claim that has not started. An agent reports only for its own environments
/// (403 `environment_not_of_agent`).
Result<core::DeploymentStatus> create_status(const Context& context, const RepositoryAccess& access,
                                             DeploymentId deployment,
                                             const core::NewDeploymentStatus& input,
                                             const std::optional<core::IdempotencyKey>& key = {},
                                             std::optional<DeploymentClaimId> fence = {});
Result<core::DeploymentStatus> get_status(Reader& db, const RepositoryAccess& access,
                                          DeploymentId deployment, DeploymentStatusId id);
Result<core::Listing<core::DeploymentStatus>> list_statuses(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId deployment,
                                                            const core::Page& page);

}  // namespace esclusa::app
