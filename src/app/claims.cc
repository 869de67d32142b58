#include "app/claims.h"

#include "app/as_result.h"
#include "app/deployment_events.h"
#include "app/deployments.h"
#include "base/log.h"
#include "store/claims.h"
#include "store/deployments.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// How many claims one look ends at most.
constexpr int due_count = 500;

core::DeploymentClaim make_claim(const Change& change, const core::Deployment& deployment,
                                 std::chrono::seconds seconds) {
  core::DeploymentClaim claim;
  claim.deployment_id = deployment.id;
  claim.repository_id = deployment.repository_id;
  claim.owner = change.actor.sender();
  if (const core::AgentGrant* agent = change.actor.agent()) {
    claim.agent_token_id = agent->token.id;
    claim.agent = agent->token.name;
  }
  if (const core::Token* token = change.actor.token()) claim.token_id = token->id;
  claim.seconds = seconds;
  claim.claimed_at = change.now;
  claim.beat = change.gate_time();
  return claim;
}

void audit(Change& change, std::string_view action, const core::Deployment& deployment,
           DeploymentClaimId claim) {
  change.audit({action, deployment.repository_id, claim.value,
                wire::audit_detail({{"deployment_id", deployment.id.value}})},
               deployment.original_environment.name);
}

}  // namespace

Result<core::DeploymentClaim> create_claim(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewClaim& input) {
  const auto seconds = TRY(core::claim_seconds(input));
  return change(context, access.actor, [&](Change& change) -> Result<core::DeploymentClaim> {
    store::lock_deployment(change.rows, id);
    // The repository was still there when the access was judged.
    if (store::is_removed(change.rows, access.repository.id)) return not_found();
    const auto deployment = TRY(get_deployment(change.rows, access, id));
    const core::ClaimFacts facts{store::find_latest_claim(change.rows, id),
                                 store::find_superseding(change.rows, deployment),
                                 change.gate_time(), store::find_reached_state(change.rows, id)};
    TRY(core::check_claimable(deployment, facts));
    if (facts.latest && core::is_live(*facts.latest)) {
      store::end_claim(change.rows, id, core::ClaimEnd::taken_over, change.now);
    }
    auto claim = make_claim(change, deployment, seconds);
    claim.id = store::insert_claim(change.rows, claim);
    audit(change, "claim.create", deployment, claim.id);
    return claim;
  });
}

Result<core::DeploymentClaim> get_claim(Reader& db, const RepositoryAccess& access, DeploymentId id,
                                        const core::GateTime& now) {
  TRY(get_deployment(db, access, id));
  auto claim = store::find_latest_claim(db, id);
  // A started one goes on until the timer ends it with its deployment.
  const bool is_over = !claim || !core::is_live(*claim) ||
                       (claim->state == core::ClaimState::claimed && core::has_passed(*claim, now));
  if (is_over) return fail(ErrorCode::not_found, "Not Found", "no_claim");
  return *std::move(claim);
}

Result<HeldClaim> hold_claim(Change& change, const RepositoryAccess& access, DeploymentId id,
                             DeploymentClaimId fence) {
  store::lock_deployment(change.rows, id);
  const auto claim = store::find_claim(change.rows, id, fence);
  const bool is_own =
      claim && claim->repository_id == access.repository.id && core::is_owner(*claim, change.actor);
  auto deployment = get_deployment(change.rows, access, id);
  // Of a deployment that was deleted, only the owner of a claim hears why it lost it.
  if (!deployment && !(is_own && claim->end_reason == core::ClaimEnd::deployment_deleted)) {
    return std::unexpected(std::move(deployment).error());
  }
  TRY(core::check_holds(claim, change.actor, change.gate_time()));
  return HeldClaim{*std::move(deployment), *claim};
}

Result<core::DeploymentClaim> renew_claim(const Context& context, const RepositoryAccess& access,
                                          DeploymentId id, DeploymentClaimId fence) {
  return change(context, access.actor, [&](Change& change) -> Result<core::DeploymentClaim> {
    change.skip_audit();  // nothing has changed but the time
    auto [deployment, claim] = TRY(hold_claim(change, access, id, fence));
    claim.beat = change.gate_time();
    store::save_beat(change.rows, claim);
    return claim;
  });
}

Result<void> release_claim(const Context& context, const RepositoryAccess& access, DeploymentId id,
                           DeploymentClaimId fence) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto [deployment, claim] = TRY(hold_claim(change, access, id, fence));
    TRY(core::check_releasable(claim));
    store::end_claim(change.rows, id, core::ClaimEnd::released, change.now);
    audit(change, "claim.release", deployment, claim.id);
    return {};
  });
}

namespace {

/// Ends the claim with an `error` of its deployment, if it is still live and its end has passed.
Result<void> expire(const Context& context, const store::DueClaim& due) {
  return change(context, core::Actor::timer(), [&](Change& change) -> Result<void> {
    change.skip_audit();  // a heartbeat may have come first
    store::lock_deployment(change.rows, due.deployment_id);
    const auto claim = store::find_claim(change.rows, due.deployment_id, due.id);
    if (!claim || claim->state != core::ClaimState::started ||
        !core::has_passed(*claim, change.gate_time())) {
      return {};
    }
    store::end_claim(change.rows, due.deployment_id, core::ClaimEnd::expired, change.now);
    const auto repository = store::find_repository(change.rows, due.repository_id);
    auto deployment = store::find_deployment(change.rows, due.repository_id, due.deployment_id);
    if (!repository || !deployment) return {};
    record_status(change, *repository, *deployment, core::DeploymentState::error,
                  "claim_expired: no heartbeat for " + std::to_string(claim->seconds.count()) +
                      " seconds; the command may have run.");
    audit(change, "claim.expire", *deployment, claim->id);
    return {};
  });
}

}  // namespace

void expire_claims(const Context& context) {
  const core::GateTime now{context.now(), context.boot_now()};
  const auto due = as_result([&] {
    return context.database.read(
        [&](Reader& db) { return store::list_due_claims(db, now, due_count); });
  });
  if (!due) return log::error("due claims cannot be listed", {{"error", due.error().message}});
  for (const store::DueClaim& claim : *due) {
    const auto expired = as_result([&] { return expire(context, claim); });
    if (expired) continue;
    log::error("a claim whose end has passed cannot be ended",
               {{"claim_id", claim.id.value}, {"error", expired.error().message}});
  }
}

}  // namespace esclusa::app
