#pragma once
#include "app/access.h"
#include "app/change.h"
#include "core/claim.h"

/// Claims of deployments (docs/decisions/0034). The caller has judged the access; which deployments
/// an agent sees is judged here.
namespace esclusa::app {

/// Claims the deployment for the actor. 409 as `core::check_claimable`, 422 `invalid_seconds`.
Result<core::DeploymentClaim> create_claim(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewClaim& input);
/// The live claim; `not_found` with the reason `no_claim` if there is none.
Result<core::DeploymentClaim> get_claim(Reader& db, const RepositoryAccess& access, DeploymentId id,
                                        const core::GateTime& now);
/// A heartbeat: moves the end of the actor's claim. 409 `claim_lost`.
Result<core::DeploymentClaim> renew_claim(const Context& context, const RepositoryAccess& access,
                                          DeploymentId id, DeploymentClaimId fence);
/// Gives up a claim that has not started. 409 `claim_lost`, `claim_started`.
Result<void> release_claim(const Context& context, const RepositoryAccess& access, DeploymentId id,
                           DeploymentClaimId fence);

/// A claim that the actor holds, and its deployment.
struct HeldClaim {
  core::Deployment deployment;
  core::DeploymentClaim claim;
};
/// A step of a change: locks the deployment, and judges that the claim with this fence is live and
/// the actor's. `not_found`, 409 `claim_lost`.
Result<HeldClaim> hold_claim(Change& change, const RepositoryAccess& access, DeploymentId id,
                             DeploymentClaimId fence);

/// Ends started claims whose end has passed, with an `error` of their deployments, and tells the
/// log of those that it could not end. Called every `limits::gate_timer_every`, by one thread at a
/// time.
void expire_claims(const Context& context);

}  // namespace esclusa::app
