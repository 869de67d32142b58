#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/boot_clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/actor.h"
#include "core/deployment.h"
#include "core/enum_names.h"
#include "core/gates.h"

/// Claims of deployments: one agent says that it runs one (docs/decisions/0034). Pure rules.
namespace esclusa::core {

/// `claimed`: an agent prepares, and nothing has run. `started`: the command may have run.
enum class ClaimState { claimed, started, ended };

/// Why a claim ended.
enum class ClaimEnd {
  released,    ///< by its owner, before it started
  taken_over,  ///< its end had passed, and somebody else claimed the deployment
  status,      ///< a final status, or an `in_progress` by somebody who has no claim
  expired,     ///< its end passed after it had started
  deployment_deleted,
  repository_removed,
};

/// A claim. Its id is the fence: a later claim has a larger one.
struct DeploymentClaim {
  DeploymentClaimId id;
  DeploymentId deployment_id;
  RepositoryId repository_id;
  Account owner;
  std::optional<AgentTokenId> agent_token_id = {};  ///< by which it was made
  std::string agent = {};                           ///< the name of that token; may be empty
  std::optional<TokenId> token_id = {};             ///< by which it was made otherwise
  std::chrono::seconds seconds{};                   ///< from a heartbeat to the end
  ClaimState state = ClaimState::claimed;
  Timestamp claimed_at{};
  GateTime beat;  ///< the last heartbeat, or the claim itself
  std::optional<Timestamp> started_at = {};
  std::optional<Timestamp> secrets_given_at = {};
  std::optional<Timestamp> ended_at = {};
  std::optional<ClaimEnd> end_reason = {};
};

/// When the claim ends without another heartbeat: by the boot clock while the machine runs, by the
/// wall clock after a restart.
Timestamp claim_ends_at(const DeploymentClaim& claim, const GateTime& now);
/// Whether that time has come.
bool has_passed(const DeploymentClaim& claim, const GateTime& now);

/// Whether the claim has not ended. Its end may have passed.
inline bool is_live(const DeploymentClaim& claim) { return claim.state != ClaimState::ended; }

/// Whether the actor made the claim: an agent by the same token, all others by the same account.
bool is_owner(const DeploymentClaim& claim, const Actor& actor);

/// The body of `POST …/claim`.
struct NewClaim {
  std::optional<int64_t> seconds = {};  ///< nothing: limits::claim_seconds_default
};
Result<std::chrono::seconds> claim_seconds(const NewClaim& input);

/// What decides whether a deployment can be claimed.
struct ClaimFacts {
  std::optional<DeploymentClaim> latest = {};      ///< the deployment's latest claim
  std::optional<DeploymentId> superseded_by = {};  ///< see store::find_superseding
  GateTime now;
  std::optional<DeploymentState> reached = {};  ///< see store::find_reached_state
};

/// Whether the deployment can be claimed now. A claim that is only `claimed` and whose end has
/// passed is taken over; after one that has started there is no other, whatever became of it. 409
/// with the `reason_code` `waiting_for_protection`, `deployment_ended`, `claim_started`, `claimed`,
/// `in_progress` or `superseded`.
Result<void> check_claimable(const Deployment& deployment, const ClaimFacts& facts);

/// Whether the actor may act by the claim that was found for its fence: it is live, it is the
/// actor's, and its end has not passed. 409 `claim_lost`, with the reason in the message.
Result<void> check_holds(const std::optional<DeploymentClaim>& claim, const Actor& actor,
                         const GateTime& now);

/// Whether a claim can be released: 409 `claim_started` for a started one.
Result<void> check_releasable(const DeploymentClaim& claim);

/// Whether a status of that state may come without a fence, if the environment asks for claims: 409
/// `claim_required`.
Result<void> check_needs_no_claim(DeploymentState state);

/// What a status of that state makes of a live claim: `state` unchanged, started, or ended.
/// `by_owner` says that it came with the claim's fence.
ClaimState claim_after(ClaimState state, DeploymentState status, bool by_owner);

/// Whether nothing runs any more after a status of that state.
bool is_final(DeploymentState state);

template <>
struct enum_names<ClaimState> {
  static constexpr NameTable<ClaimState, 3> values{{{ClaimState::claimed, "claimed"},
                                                    {ClaimState::started, "started"},
                                                    {ClaimState::ended, "ended"}}};
};

template <>
struct enum_names<ClaimEnd> {
  static constexpr NameTable<ClaimEnd, 6> values{
      {{ClaimEnd::released, "released"},
       {ClaimEnd::taken_over, "taken_over"},
       {ClaimEnd::status, "status"},
       {ClaimEnd::expired, "expired"},
       {ClaimEnd::deployment_deleted, "deployment_deleted"},
       {ClaimEnd::repository_removed, "repository_removed"}}};
};

}  // namespace esclusa::core
