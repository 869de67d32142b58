#pragma once
#include <optional>
#include <string>

#include "app/access.h"
#include "core/idempotency_key.h"
#include "core/repeat.h"

/// Deployments that repeat another one. Each chooses what is repeated and calls
/// `create_deployment`, so that the same gates and limits hold. The caller has judged the access.
/// docs/decisions/0045-rollback.md.
namespace esclusa::app {

/// Goes back in the environment to the deployment that is named, which must have been live there,
/// or to the live before. What was chosen by what is live is refused (409 `live_changed`) if that
/// changes before the insertion. 404 for a deployment that the repository has not, 422
/// `reason_missing`, `never_live`, `nothing_to_roll_back_to`, `commit_vanished`, and what a create
/// is refused for.
Result<core::Deployment> roll_back(const Context& context, const RepositoryAccess& access,
                                   const std::string& environment, const core::NewRollback& input,
                                   const std::optional<core::IdempotencyKey>& key = {});

/// Deploys to the environment what is live in another one. 422 `nothing_live`, `same_environment`.
Result<core::Deployment> promote(const Context& context, const RepositoryAccess& access,
                                 const std::string& environment, const core::NewPromotion& input,
                                 const std::optional<core::IdempotencyKey>& key = {});

/// Makes the same deployment again, in the environment for which it was created.
Result<core::Deployment> redeploy(const Context& context, const RepositoryAccess& access,
                                  DeploymentId id, const core::NewRedeploy& input,
                                  const std::optional<core::IdempotencyKey>& key = {});

/// 409 `live_changed` unless what the request expects is live. Inside the transaction that inserts
/// the deployment.
Result<void> check_live(Writer& tx, const core::Repository& repository,
                        const core::NewDeployment& input);
/// The same in a snapshot, for a dry run.
Result<void> check_live_now(Reader& db, const core::Repository& repository,
                            const core::NewDeployment& input);

}  // namespace esclusa::app
