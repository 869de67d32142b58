#include "core/claim.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace esclusa;
using namespace esclusa::core;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start = from_micros(1'790'000'000'000'000);
const GateTime now{start, {"boot-1", 1h}};

GateTime later(std::chrono::microseconds time) {
  return {now.wall + time, {now.boot.boot_id, now.boot.since_boot + time}};
}

Account account(int64_t id, const std::string& login) {
  Account made;
  made.id = {id};
  made.login = login;
  return made;
}

Actor agent(int64_t token) {
  AgentGrant grant;
  grant.token.id = {token};
  grant.account = account(1, "esclusa-agent[bot]");
  return Actor::by_agent(std::move(grant));
}

/// A claim of the agent with token 7, for a minute.
DeploymentClaim some_claim(ClaimState state = ClaimState::claimed) {
  DeploymentClaim claim;
  claim.id = {17};
  claim.deployment_id = {5};
  claim.owner = account(1, "esclusa-agent[bot]");
  claim.agent_token_id = AgentTokenId{7};
  claim.agent = "web-1";
  claim.seconds = 60s;
  claim.state = state;
  claim.claimed_at = now.wall;
  claim.beat = now;
  if (state == ClaimState::started) claim.started_at = now.wall;
  return claim;
}

DeploymentClaim that_ended(DeploymentClaim claim, ClaimEnd reason) {
  claim.state = ClaimState::ended;
  claim.ended_at = now.wall;
  claim.end_reason = reason;
  return claim;
}

Deployment deployment(DeploymentPhase phase, std::optional<DeploymentState> state = {}) {
  Deployment made;
  made.id = {5};
  made.phase = phase;
  made.state = state;
  made.original_environment = {{1}, "production"};
  return made;
}

template <class T>
std::string reason_of(const Result<T>& result) {
  if (result) return "ok";
  CHECK(result.error().code == ErrorCode::conflict);
  return result.error().reason_code;
}

}  // namespace

TEST_CASE("check_claimable: every phase and state, and what the latest claim says") {
  using enum DeploymentPhase;
  using enum DeploymentState;
  const DeploymentClaim live = some_claim();
  const DeploymentClaim started = some_claim(ClaimState::started);
  const DeploymentClaim given_up = that_ended(live, ClaimEnd::released);
  const DeploymentClaim failed = that_ended(started, ClaimEnd::expired);
  struct Row {
    DeploymentPhase phase;
    std::optional<DeploymentState> state;
    std::optional<DeploymentClaim> latest;
    std::chrono::microseconds time;
    std::optional<DeploymentId> newer;
    std::string outcome;
  };
  const Row table[] = {
      {held, waiting, {}, 0s, {}, "waiting_for_protection"},
      {held, waiting, {}, 0s, DeploymentId{6}, "waiting_for_protection"},
      {DeploymentPhase::ended, failure, {}, 0s, {}, "deployment_ended"},
      {DeploymentPhase::ended, {}, {}, 0s, {}, "deployment_ended"},
      {released, {}, {}, 0s, {}, "ok"},
      {released, queued, {}, 0s, {}, "ok"},
      {released, pending, {}, 0s, {}, "ok"},
      {released, success, {}, 0s, {}, "deployment_ended"},
      {released, failure, {}, 0s, {}, "deployment_ended"},
      {released, error, {}, 0s, {}, "deployment_ended"},
      {released, inactive, {}, 0s, {}, "deployment_ended"},
      {released, in_progress, {}, 0s, {}, "in_progress"},
      {released, in_progress, given_up, 0s, {}, "in_progress"},
      {released, queued, {}, 0s, DeploymentId{6}, "superseded"},
      {released, queued, live, 0s, {}, "claimed"},
      {released, queued, live, 60s - 1us, {}, "claimed"},
      {released, queued, live, 60s, {}, "ok"},
      {released, queued, live, 60s, DeploymentId{6}, "superseded"},
      {released, queued, given_up, 0s, {}, "ok"},
      {released, in_progress, started, 0s, {}, "claim_started"},
      {released, queued, started, 0s, {}, "claim_started"},
      // A command that has begun is begun nowhere again, whatever was reported since.
      {released, in_progress, started, 1h, {}, "claim_started"},
      {released, queued, failed, 1h, {}, "claim_started"},
  };
  for (const Row& row : table) {
    CAPTURE(&row - table);
    CHECK(reason_of(check_claimable(deployment(row.phase, row.state),
                                    {row.latest, row.newer, later(row.time)})) == row.outcome);
  }
}

TEST_CASE("check_claimable: a later status does not undo that the command may have run") {
  using enum DeploymentState;
  const auto outcome = [](std::optional<DeploymentState> reached) {
    return reason_of(check_claimable(deployment(DeploymentPhase::released, queued),
                                     {.now = now, .reached = reached}));
  };
  CHECK(outcome({}) == "ok");
  CHECK(outcome(in_progress) == "in_progress");
  for (const auto state : {success, failure, error, inactive}) {
    CHECK(outcome(state) == "deployment_ended");
  }
}

TEST_CASE("check_claimable: says who has it and until when, and what supersedes it") {
  using enum DeploymentPhase;
  const auto claimed = check_claimable(deployment(released), {some_claim(), {}, later(10s)});
  CHECK(claimed.error().message == "esclusa-agent[bot] (web-1) has claimed Deployment 5 until " +
                                       format_time(now.wall + 60s) + ".");
  const auto superseded = check_claimable(deployment(released), {{}, DeploymentId{9}, now});
  CHECK(superseded.error().message == "Deployment 5 is superseded by deployment 9.");
}

TEST_CASE("claim_ends_at: by the boot clock, and by the wall clock after a restart") {
  const DeploymentClaim claim = some_claim();
  CHECK(claim_ends_at(claim, now) == now.wall + 60s);
  CHECK(claim_ends_at(claim, later(20s)) == now.wall + 60s);
  // The wall clock is set by an hour: that changes when it ends by that clock, and not how soon.
  for (const auto jump : {-3600s, 3600s}) {
    const GateTime set{now.wall + jump + 20s, {"boot-1", now.boot.since_boot + 20s}};
    CHECK(claim_ends_at(claim, set) == set.wall + 40s);
    CHECK_FALSE(has_passed(claim, set));
    const GateTime end{now.wall + jump + 60s, {"boot-1", now.boot.since_boot + 60s}};
    CHECK(has_passed(claim, end));
  }
  const GateTime restarted{now.wall + 59s, {"boot-2", 5s}};
  CHECK_FALSE(has_passed(claim, restarted));
  CHECK(has_passed(claim, {now.wall + 60s, {"boot-2", 6s}}));
  // A kernel without an id: the wall clock alone.
  DeploymentClaim nameless = claim;
  nameless.beat.boot.boot_id = "";
  CHECK_FALSE(has_passed(nameless, {now.wall + 59s, {"", 2h}}));
  CHECK(has_passed(nameless, {now.wall + 60s, {"", 1h}}));
}

TEST_CASE("check_holds: the live claim of the same agent, before its end") {
  const auto outcome = [](const std::optional<DeploymentClaim>& claim, const Actor& actor,
                          const GateTime& at) {
    const auto held = check_holds(claim, actor, at);
    if (held) return std::string("held");
    CHECK(held.error().reason_code == "claim_lost");
    return held.error().message;
  };
  const DeploymentClaim claim = some_claim(), started = some_claim(ClaimState::started);
  const std::string foreign = "The claim is lost: the fence is not that of a claim of yours";
  CHECK(outcome(claim, agent(7), later(60s - 1us)) == "held");
  CHECK(outcome(started, agent(7), later(60s - 1us)) == "held");
  CHECK(outcome(claim, agent(7), later(60s)) == "The claim is lost: expired");
  CHECK(outcome(started, agent(7), later(60s)) == "The claim is lost: expired");
  CHECK(outcome({}, agent(7), now) == foreign);
  CHECK(outcome(claim, agent(8), now) == foreign);
  // The bot itself holds none, nor does somebody who signed in as it.
  CHECK(outcome(claim, Actor::by_session(account(1, "esclusa-agent[bot]")), now) == foreign);
  CHECK(outcome(claim, Actor::timer(), now) == foreign);
  for (const auto& [reason, name] : enum_names<ClaimEnd>::values) {
    CHECK(outcome(that_ended(claim, reason), agent(7), now) ==
          "The claim is lost: " + std::string(name));
    CHECK(outcome(that_ended(claim, reason), agent(8), now) == foreign);
  }
}

TEST_CASE("is_owner: others own a claim by their account, with any token") {
  DeploymentClaim claim = some_claim();
  claim.agent_token_id = std::nullopt;
  claim.token_id = TokenId{3};
  claim.owner = account(4, "ada");
  Token token;
  token.id = {9};
  CHECK(is_owner(claim, Actor::by_token(account(4, "ada"), token)));
  CHECK_FALSE(is_owner(claim, Actor::by_session(account(5, "bob"))));
  CHECK_FALSE(is_owner(claim, Actor::nobody()));
  CHECK_FALSE(is_owner(claim, agent(7)));
}

TEST_CASE("claim_after: what a status makes of a live claim") {
  using enum DeploymentState;
  using enum ClaimState;
  struct Row {
    ClaimState before;
    DeploymentState status;
    bool by_owner;
    ClaimState after;
  };
  constexpr Row table[] = {
      {claimed, queued, true, claimed},
      {claimed, pending, false, claimed},
      {claimed, in_progress, true, started},
      {claimed, in_progress, false, ClaimState::ended},
      {started, in_progress, true, started},
      {started, in_progress, false, started},
      {started, queued, false, started},
      {claimed, success, true, ClaimState::ended},
      {claimed, failure, false, ClaimState::ended},
      {started, error, true, ClaimState::ended},
      {started, inactive, false, ClaimState::ended},
  };
  for (const Row& row : table) {
    CAPTURE(&row - table);
    CHECK(claim_after(row.before, row.status, row.by_owner) == row.after);
  }
}

TEST_CASE("check_needs_no_claim: only inactive") {
  for (const auto& [state, name] : enum_names<DeploymentState>::values) {
    CAPTURE(name);
    CHECK(reason_of(check_needs_no_claim(state)) ==
          (state == DeploymentState::inactive ? "ok" : "claim_required"));
  }
}

TEST_CASE("check_releasable: not what has started") {
  CHECK(check_releasable(some_claim()).has_value());
  CHECK(reason_of(check_releasable(some_claim(ClaimState::started))) == "claim_started");
}

TEST_CASE("claim_seconds: a minute unless asked for, from 10 seconds to an hour") {
  CHECK(claim_seconds({}).value() == 60s);
  CHECK(claim_seconds({10}).value() == 10s);
  CHECK(claim_seconds({3600}).value() == 1h);
  for (const int64_t wrong : {-1, 0, 9, 3601}) {
    const auto refused = claim_seconds({wrong});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().reason_code == "invalid_seconds");
  }
}
