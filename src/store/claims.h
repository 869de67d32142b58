#pragma once
#include <optional>
#include <vector>

#include "core/claim.h"
#include "sql/connection.h"

/// Claims of deployments. Whoever changes one has locked its deployment.
namespace esclusa::store {

/// Inserts the claim; `claim.id` is ignored. The deployment has no live one.
DeploymentClaimId insert_claim(sql::Writer& tx, const core::DeploymentClaim& claim);
/// The claim with that fence, also one that ended; nothing if it is of another deployment.
std::optional<core::DeploymentClaim> find_claim(sql::Reader& db, DeploymentId deployment,
                                                DeploymentClaimId fence);
/// The deployment's latest claim, which alone may be live.
std::optional<core::DeploymentClaim> find_latest_claim(sql::Reader& db, DeploymentId deployment);

/// What a status is judged by beside its deployment.
struct StatusFacts {
  std::optional<core::DeploymentClaim> live;
  /// Whether the environment asks for claims; false if it was deleted.
  bool requires_claim = false;
};
StatusFacts gather_status_facts(sql::Reader& db, DeploymentId deployment,
                                EnvironmentNameId original_environment);

/// Notes a heartbeat at `claim.beat`, from which the end follows.
void save_beat(sql::Writer& tx, const core::DeploymentClaim& claim);
void start_claim(sql::Writer& tx, DeploymentClaimId id, Timestamp now);
/// Notes that the claim got the secrets. False if it already had them, or has ended.
bool note_secrets_given(sql::Writer& tx, DeploymentClaimId id, Timestamp now);
/// Ends the deployment's live claim; false if it has none.
bool end_claim(sql::Writer& tx, DeploymentId deployment, core::ClaimEnd reason, Timestamp now);
/// Ends all live claims of the repository.
void end_claims(sql::Writer& tx, RepositoryId repository, core::ClaimEnd reason, Timestamp now);

/// The newest deployment that supersedes this one: it is newer, in the environment that this one
/// was created for, has the same task, and is live or in progress. Nothing if there is none.
std::optional<DeploymentId> find_superseding(sql::Reader& db, const core::Deployment& deployment);

/// A state of the deployment, also a former one, which says that its command may have run: a final
/// one, or else `in_progress`. Nothing if it had none of these.
std::optional<core::DeploymentState> find_reached_state(sql::Reader& db, DeploymentId deployment);

/// A started claim whose end may have passed.
struct DueClaim {
  DeploymentClaimId id;
  DeploymentId deployment_id;
  RepositoryId repository_id;
};
/// Started claims whose end has passed, at most `count`, by an index of each clock.
std::vector<DueClaim> list_due_claims(sql::Reader& db, const core::GateTime& now, int count);

}  // namespace esclusa::store
