#include "core/claim.h"

#include "base/limits.h"

namespace esclusa::core {
namespace {

std::unexpected<Error> refuse(std::string message, const char* reason_code) {
  return fail(ErrorCode::conflict, std::move(message), reason_code);
}

std::string which(const Deployment& deployment) {
  return "Deployment " + std::to_string(deployment.id.value);
}

/// The owner, and of an agent its name: `esclusa-agent[bot] (web-1)`.
std::string who(const DeploymentClaim& claim) {
  return claim.owner.login + (claim.agent.empty() ? "" : " (" + claim.agent + ")");
}

}  // namespace

Timestamp claim_ends_at(const DeploymentClaim& claim, const GateTime& now) {
  const BootTime& beat = claim.beat.boot;
  if (beat.boot_id.empty() || beat.boot_id != now.boot.boot_id) {
    return claim.beat.wall + claim.seconds;
  }
  return now.wall + (beat.since_boot + claim.seconds - now.boot.since_boot);
}

bool has_passed(const DeploymentClaim& claim, const GateTime& now) {
  return claim_ends_at(claim, now) <= now.wall;
}

bool is_owner(const DeploymentClaim& claim, const Actor& actor) {
  if (actor.agent() != nullptr) return claim.agent_token_id == actor.agent()->token.id;
  return !claim.agent_token_id && actor.account() != nullptr &&
         claim.owner.id == actor.account()->id;
}

Result<std::chrono::seconds> claim_seconds(const NewClaim& input) {
  const int64_t seconds = input.seconds.value_or(limits::claim_seconds_default);
  if (seconds < limits::claim_seconds_min || seconds > limits::claim_seconds_max) {
    return fail(ErrorCode::invalid,
                "seconds is from " + std::to_string(limits::claim_seconds_min) + " to " +
                    std::to_string(limits::claim_seconds_max),
                "invalid_seconds");
  }
  return std::chrono::seconds(seconds);
}

Result<void> check_claimable(const Deployment& deployment, const ClaimFacts& facts) {
  if (deployment.phase == DeploymentPhase::held) {
    return refuse(which(deployment) + " waits for the protection rules of " +
                      deployment.original_environment.name + ".",
                  "waiting_for_protection");
  }
  if (deployment.phase == DeploymentPhase::ended ||
      (deployment.state && is_final(*deployment.state))) {
    return refuse(which(deployment) + " has ended" +
                      (deployment.state ? ": " + std::string(to_name(*deployment.state)) : "") +
                      ".",
                  "deployment_ended");
  }
  const auto& latest = facts.latest;
  if (latest && latest->started_at) {
    return refuse(who(*latest) + " has started " + which(deployment) + ", under the claim " +
                      std::to_string(latest->id.value) + ".",
                  "claim_started");
  }
  if (latest && is_live(*latest) && !has_passed(*latest, facts.now)) {
    return refuse(who(*latest) + " has claimed " + which(deployment) + " until " +
                      format_time(claim_ends_at(*latest, facts.now)) + ".",
                  "claimed");
  }
  // A later status, such as `queued`, does not undo that the command may have run.
  if (facts.reached && is_final(*facts.reached)) {
    return refuse(
        which(deployment) + " has ended before: " + std::string(to_name(*facts.reached)) + ".",
        "deployment_ended");
  }
  if (facts.reached || deployment.state == DeploymentState::in_progress) {
    return refuse(which(deployment) + " is run by somebody who has no claim.", "in_progress");
  }
  if (facts.superseded_by) {
    return refuse(which(deployment) + " is superseded by deployment " +
                      std::to_string(facts.superseded_by->value) + ".",
                  "superseded");
  }
  return {};
}

Result<void> check_holds(const std::optional<DeploymentClaim>& claim, const Actor& actor,
                         const GateTime& now) {
  const auto lost = [](const std::string& reason) {
    return refuse("The claim is lost: " + reason, "claim_lost");
  };
  if (!claim || !is_owner(*claim, actor)) return lost("the fence is not that of a claim of yours");
  if (claim->end_reason) return lost(std::string(to_name(*claim->end_reason)));
  if (has_passed(*claim, now)) return lost(std::string(to_name(ClaimEnd::expired)));
  return {};
}

Result<void> check_releasable(const DeploymentClaim& claim) {
  if (claim.state != ClaimState::started) return {};
  return refuse("What has started is not released: report how it ended.", "claim_started");
}

Result<void> check_needs_no_claim(DeploymentState state) {
  if (state == DeploymentState::inactive) return {};
  return refuse("The environment asks for claims: a status needs X-Esclusa-Claim.",
                "claim_required");
}

ClaimState claim_after(ClaimState state, DeploymentState status, bool by_owner) {
  if (is_final(status)) return ClaimState::ended;
  if (status != DeploymentState::in_progress || state == ClaimState::started) return state;
  // Somebody who has no claim runs it: its owner must not, too.
  return by_owner ? ClaimState::started : ClaimState::ended;
}

bool is_final(DeploymentState state) {
  switch (state) {
    case DeploymentState::success:
    case DeploymentState::failure:
    case DeploymentState::error:
    case DeploymentState::inactive: return true;
    default: return false;
  }
}

}  // namespace esclusa::core
