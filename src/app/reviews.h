#pragma once
#include <optional>
#include <vector>

#include "app/access.h"
#include "core/gates.h"

/// Reviews of held deployments. The caller has judged the access.
namespace esclusa::app {

/// nullopt if the deployment is not held.
Result<std::optional<core::PendingDeployment>> find_pending(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId id);

/// Approves or rejects. 403 `not_a_reviewer`; 422 `self_review_prevented`, `not_waiting`,
/// `environment_not_waiting`, `no_review_required`, `already_approved` (the same human has an
/// approval that counts); 503 `gates_unreadable`.
Result<core::Deployment> review_deployment(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewReview& input);
Result<core::ReviewHistory> list_reviews(Reader& db, const RepositoryAccess& access,
                                         DeploymentId id);
/// Lets an administrator bypass the waiting gates and give a reason. 403 `bypass_not_allowed`; 422
/// `bypass_reason_missing`, `not_waiting`, `branch_policy`.
Result<core::Deployment> bypass_gates(const Context& context, const RepositoryAccess& access,
                                      DeploymentId id, const std::string& reason);

}  // namespace esclusa::app
