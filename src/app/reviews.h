#pragma once
#include <optional>
#include <vector>

#include "app/context.h"
#include "core/gates.h"

/// What holds a deployment, and who lets it go. The caller has judged the access.
namespace esclusa::app {

/// What holds the deployment, or held it.
Result<core::GateReport> explain_gates(const Context& context, const RepositoryAccess& access,
                                       DeploymentId id);

/// Nothing if it is not held.
Result<std::optional<core::PendingDeployment>> find_pending(const Context& context,
                                                            const RepositoryAccess& access,
                                                            DeploymentId id);

/// Approves or rejects. 403 `not_a_reviewer`; 422 `self_review_prevented`, `not_waiting`,
/// `environment_not_waiting`, `no_review_required`, `already_approved` (by the same human, and it
/// counts); 503 `gates_unreadable`.
Result<core::Deployment> review_deployment(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewReview& input);
Result<core::ReviewHistory> list_reviews(const Context& context, const RepositoryAccess& access,
                                         DeploymentId id);
/// Lets an administrator go past the gates that wait, for a reason. 403 `bypass_not_allowed`; 422
/// `bypass_reason_missing`, `not_waiting`, `branch_policy`.
Result<core::Deployment> bypass_gates(const Context& context, const RepositoryAccess& access,
                                      DeploymentId id, const std::string& reason);

/// Releases what nothing holds any more: whose wait timer has ended, or, with `all`, whatever is
/// held. One that cannot be judged stays held, and stops no other.
void release_due(const Context& context, bool all);

}  // namespace esclusa::app
