#include "app/claims.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "app/deployment_logs.h"
#include "store/claims.h"
#include "support/claim_fixture.h"
#include "support/cost.h"
#include "support/reason.h"

using namespace esclusa;
using core::ClaimState;
using core::DeploymentState;
using test::ClaimFixture;
using test::must;
using test::reason;
using namespace std::chrono_literals;

namespace {

/// Why the heartbeat is refused; empty if it is taken.
std::string lost(const Result<core::DeploymentClaim>& beat) {
  if (beat) return "";
  CHECK(beat.error().reason_code == "claim_lost");
  constexpr std::string_view begin = "The claim is lost: ";
  return beat.error().message.substr(begin.size());
}

}  // namespace

TEST_CASE("create_claim: one agent has the deployment until the end, and the audit log says so") {
  ClaimFixture app;
  const auto one = app.agent(), two = app.agent({"Production"}, "web-2");
  const auto deployment = app.deploy();
  const auto claim = app.claim(one, deployment);
  CHECK(claim.state == ClaimState::claimed);
  CHECK(claim.owner.login == "esclusa-agent[bot]");
  CHECK(claim.agent == "web-1");
  CHECK(app.live(deployment)->id == claim.id);
  const auto refused = app.try_claim(two, deployment);
  CHECK(reason(refused) == "claimed");
  CHECK(refused.error().message.contains("web-1"));
  CHECK(reason(app.try_claim(one, deployment)) == "claimed");
  const auto audits = app.audits("claim.");
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].action == "claim.create");
  CHECK(audits[0].agent_token == one.actor.agent()->token.id);
  CHECK(audits[0].actor == claim.owner.id);
  CHECK(audits[0].target == claim.id.value);
  CHECK(audits[0].detail == R"({"deployment_id":)" + std::to_string(deployment.id.value) + "}");

  app.pass(60s);
  CHECK_FALSE(app.live(deployment));
  const auto taken = app.claim(two, deployment, 600);
  CHECK(taken.id > claim.id);
  CHECK(lost(app.beat(one, claim)) == "taken_over");
  CHECK(reason(app.try_report(one, deployment, DeploymentState::in_progress, &claim)) ==
        "claim_lost");
  CHECK(app.statuses().empty());
}

TEST_CASE("renew_claim: a heartbeat moves the end, changes nothing else, and is not audited") {
  ClaimFixture app;
  const auto agent = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  const auto audits = app.audits().size();
  for (int i = 0; i < 3; ++i) {
    app.pass(59s);
    const auto renewed = must(app.beat(agent, claim));
    CHECK(renewed.id == claim.id);
    CHECK(core::claim_ends_at(renewed, {app.now, app.boot}) == app.now + 60s);
  }
  CHECK(app.audits().size() == audits);
  app.pass(60s);
  CHECK(lost(app.beat(agent, claim)) == "expired");
}

TEST_CASE("renew_claim: only the owner, by the fence of this deployment") {
  ClaimFixture app;
  const auto one = app.agent(), two = app.agent({"production"}, "web-2");
  const auto deployment = app.deploy(), other = app.deploy();
  const auto claim = app.claim(one, deployment);
  const std::string foreign = "the fence is not that of a claim of yours";
  CHECK(lost(app.beat(two, claim)) == foreign);
  CHECK(lost(app.beat(app.ada, claim)) == foreign);
  auto misplaced = claim;
  misplaced.deployment_id = other.id;
  CHECK(lost(app.beat(one, misplaced)) == foreign);
  auto unknown = claim;
  unknown.id = {claim.id.value + 1};
  CHECK(lost(app.beat(one, unknown)) == foreign);
  CHECK(lost(app.beat(one, claim)).empty());
}

TEST_CASE("release_claim: gives up what has not started, and then anybody may claim") {
  ClaimFixture app;
  const auto one = app.agent(), two = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(one, deployment);
  CHECK(reason(app::release_claim(app.context, two, deployment.id, claim.id)) == "claim_lost");
  must(app::release_claim(app.context, one, deployment.id, claim.id));
  CHECK(app.audits("claim.release").size() == 1);
  CHECK(lost(app.beat(one, claim)) == "released");
  const auto next = app.claim(two, deployment);
  app.report(two, deployment, DeploymentState::in_progress, &next);
  CHECK(reason(app::release_claim(app.context, two, deployment.id, next.id)) == "claim_started");
}

TEST_CASE("create_status: in_progress by the fence starts the claim, a final state ends it") {
  ClaimFixture app;
  const auto agent = app.agent(), other = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  CHECK(reason(app.try_report(other, deployment, DeploymentState::in_progress, &claim)) ==
        "claim_lost");
  app.report(agent, deployment, DeploymentState::queued, &claim);
  CHECK(app.live(deployment)->state == ClaimState::claimed);
  app.report(agent, deployment, DeploymentState::in_progress, &claim);
  CHECK(app.live(deployment)->state == ClaimState::started);
  CHECK(app.live(deployment)->started_at == app.now);
  CHECK(reason(app.try_claim(other, deployment)) == "claim_started");
  app.report(agent, deployment, DeploymentState::in_progress, &claim);  // said once more
  app.report(agent, deployment, DeploymentState::success, &claim);
  CHECK_FALSE(app.live(deployment));
  CHECK(lost(app.beat(agent, claim)) == "status");
  CHECK(reason(app.try_report(agent, deployment, DeploymentState::failure, &claim)) ==
        "claim_lost");
  CHECK(reason(app.try_claim(other, deployment)) == "deployment_ended");
}

TEST_CASE("create_status: the same key and fence after an answer was lost give the same status") {
  ClaimFixture app;
  const auto agent = app.agent(), other = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  core::NewDeploymentStatus input;
  input.state = DeploymentState::success;
  const core::IdempotencyKey key{"run-1", "digest"};
  const auto first =
      must(app::create_status(app.context, agent, deployment.id, input, key, claim.id));
  const auto again =
      must(app::create_status(app.context, agent, deployment.id, input, key, claim.id));
  CHECK(again.id == first.id);
  CHECK(app.statuses().size() == 1);
  // Agents share an account, but not their keys.
  const auto second = app.deploy();
  CHECK(must(app::create_status(app.context, other, second.id, input, key)).deployment_id ==
        second.id);
}

TEST_CASE("what ends a claim: a final status by anybody, in_progress by others, a deletion") {
  ClaimFixture app;
  const auto agent = app.agent();
  for (const auto state : {DeploymentState::success, DeploymentState::failure,
                           DeploymentState::error, DeploymentState::inactive}) {
    const auto deployment = app.deploy("production", "task of its own");
    const auto claim = app.claim(agent, deployment);
    app.report(agent, deployment, DeploymentState::in_progress, &claim);
    app.report(app.ada, deployment, state);
    CHECK(lost(app.beat(agent, claim)) == "status");
    app.report(app.ada, deployment, DeploymentState::inactive);
  }
  // Somebody who has no claim runs what the agent only prepares.
  const auto taken = app.deploy();
  const auto prepared = app.claim(agent, taken);
  app.report(app.ada, taken, DeploymentState::in_progress);
  CHECK(lost(app.beat(agent, prepared)) == "status");
  CHECK(reason(app.try_claim(agent, taken)) == "in_progress");
  app.report(app.ada, taken, DeploymentState::failure);

  const auto running = app.deploy();
  const auto started = app.claim(agent, running);
  app.report(agent, running, DeploymentState::in_progress, &started);
  app.report(app.ada, running, DeploymentState::in_progress);
  CHECK(lost(app.beat(agent, started)).empty());
  must(app::delete_deployment(app.context, app.ada, running.id));
  CHECK(lost(app.beat(agent, started)) == "deployment_deleted");
  CHECK(reason(app.beat(app.agent(), started)) == "not found");
  CHECK(reason(app.beat(app.ada, started)) == "not found");
}

TEST_CASE(
    "what ends a claim: a success elsewhere that makes it inactive, and the removal of the "
    "repository") {
  ClaimFixture app;
  const auto agent = app.agent({"staging"});
  const auto older = app.deploy("staging"), newer = app.deploy("staging");
  const auto claim = app.claim(agent, older);
  app.report(agent, older, DeploymentState::in_progress, &claim);
  app.report(app.ada, older, DeploymentState::success);
  app.report(app.ada, newer, DeploymentState::success);
  CHECK(app.get(older).state == DeploymentState::inactive);
  const auto last = app.deploy("staging");
  const auto held = app.claim(agent, last);
  must(app::remove_repository(app.context, app.administrator, "ada", "application"));
  const auto row = must(app.read([&](store::Reader& db) -> Result<core::DeploymentClaim> {
    return test::found(store::find_claim(db, last.id, held.id));
  }));
  CHECK(row.state == ClaimState::ended);
  CHECK(row.end_reason == core::ClaimEnd::repository_removed);
}

TEST_CASE("create_claim: superseded by a newer one of the environment and task, no other") {
  ClaimFixture app;
  const auto agent = app.agent({"production", "staging"});
  const auto old = app.deploy(), other_task = app.deploy("production", "migrate"),
             elsewhere = app.deploy("staging"), idle = app.deploy();
  for (const auto& one : {other_task, elsewhere}) {
    app.report(app.ada, one, DeploymentState::in_progress);
  }
  app.report(app.ada, idle, DeploymentState::queued);
  must(app::release_claim(app.context, agent, old.id, app.claim(agent, old).id));
  for (const auto state : {DeploymentState::in_progress, DeploymentState::success}) {
    app.report(app.ada, idle, state);
    const auto refused = app.try_claim(agent, old);
    CHECK(reason(refused) == "superseded");
    CHECK(refused.error().message.ends_with(std::to_string(idle.id.value) + "."));
  }
  app.report(app.ada, idle, DeploymentState::failure);
  app.claim(agent, old);
}

TEST_CASE("create_claim: not what waits at a gate; a held deployment that ends is over") {
  ClaimFixture app;
  core::EnvironmentChange change;
  change.wait_timer = 10;
  must(app::put_environment(app.context, app.ada, "production", change));
  const auto agent = app.agent();
  const auto held = app.deploy();
  CHECK(reason(app.try_claim(agent, held)) == "waiting_for_protection");
  app.report(app.ada, held, DeploymentState::failure);
  CHECK(reason(app.try_claim(agent, held)) == "deployment_ended");
}

TEST_CASE(
    "requires_claim: statuses need a fence, but for inactive; statuses of the server do not") {
  ClaimFixture app;
  app.require_claims();
  const auto agent = app.agent({"production", "staging"});
  const auto deployment = app.deploy();
  for (const auto state : {DeploymentState::queued, DeploymentState::in_progress,
                           DeploymentState::success, DeploymentState::failure}) {
    CHECK(reason(app.try_report(app.ada, deployment, state)) == "claim_required");
    CHECK(reason(app.try_report(agent, deployment, state)) == "claim_required");
  }
  const auto claim = app.claim(agent, deployment);
  app.report(agent, deployment, DeploymentState::in_progress, &claim);
  // It counts for which environment it was made, not where a status has put it.
  must(app.try_report(agent, deployment, DeploymentState::in_progress, &claim, "staging"));
  CHECK(reason(app.try_report(app.ada, deployment, DeploymentState::failure)) == "claim_required");
  app.report(app.ada, deployment, DeploymentState::inactive);
  CHECK(lost(app.beat(agent, claim)) == "status");
  const auto elsewhere = app.deploy("staging");
  app.report(app.ada, elsewhere, DeploymentState::in_progress);
  // Nor does a deployment of another environment come there without a claim.
  CHECK(reason(app.try_report(app.ada, elsewhere, DeploymentState::queued, nullptr,
                              "production")) == "environment_override_protected");
  CHECK(app.audits("environment.update").back().detail.contains(R"("requires_claim":true)"));
}

TEST_CASE("expire_claims: a started claim ends its deployment as error, a claimed one nothing") {
  ClaimFixture app;
  const auto agent = app.agent();
  const auto idle = app.deploy(), deployment = app.deploy("production", "other");
  app.claim(agent, idle);
  const auto claim = app.claim(agent, deployment);
  app.report(agent, deployment, DeploymentState::in_progress, &claim);
  app.pass(60s - 1us);
  app::expire_claims(app.context);
  CHECK(app.get(deployment).state == DeploymentState::in_progress);
  app.told = {};
  app.pass(1us);
  app::expire_claims(app.context);
  CHECK(app.get(deployment).state == DeploymentState::error);
  CHECK(app.descriptions(DeploymentState::error).starts_with("claim_expired: "));
  CHECK(app.told.events);
  CHECK(app.events("deployment_status").size() == 2);
  CHECK(lost(app.beat(agent, claim)) == "expired");
  CHECK(reason(app.try_report(agent, deployment, DeploymentState::success, &claim)) ==
        "claim_lost");
  const auto audits = app.audits("claim.expire");
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].target == claim.id.value);
  app::expire_claims(app.context);
  CHECK(app.statuses().size() == 2);
  CHECK_FALSE(app.get(idle).state);
  // Whatever is reported later, it is begun nowhere again.
  app.report(app.ada, deployment, DeploymentState::pending);
  CHECK(reason(app.try_claim(agent, deployment)) == "claim_started");
}

TEST_CASE("expire_claims: a heartbeat before the end keeps it; one after the end comes too late") {
  ClaimFixture app;
  const auto agent = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  app.report(agent, deployment, DeploymentState::in_progress, &claim);
  app.pass(59s);
  must(app.beat(agent, claim));
  app.pass(59s);
  app::expire_claims(app.context);
  CHECK(app.live(deployment));
  app.pass(1s);
  CHECK(lost(app.beat(agent, claim)) == "expired");
  app::expire_claims(app.context);
  CHECK(app.get(deployment).state == DeploymentState::error);
}

TEST_CASE("expire_claims: by the boot clock while the wall clock is set, by the wall clock later") {
  for (const auto jump : {-48h, 48h}) {
    ClaimFixture app;
    const auto agent = app.agent();
    const auto deployment = app.deploy();
    const auto claim = app.claim(agent, deployment);
    app.report(agent, deployment, DeploymentState::in_progress, &claim);
    app.now += jump;
    app::expire_claims(app.context);
    CHECK(app.live(deployment));
    app.pass(60s);
    app::expire_claims(app.context);
    CHECK(app.get(deployment).state == DeploymentState::error);
  }
  for (const auto& [gone, is_over] : {std::pair(59s, false), std::pair(60s, true)}) {
    ClaimFixture app;
    const auto agent = app.agent();
    const auto deployment = app.deploy();
    const auto claim = app.claim(agent, deployment);
    app.report(agent, deployment, DeploymentState::in_progress, &claim);
    app.now += gone;
    app.boot = {"boot-2", 5s};
    app::expire_claims(app.context);
    CHECK((app.get(deployment).state == DeploymentState::error) == is_over);
  }
}

TEST_CASE("expire_claims: what ends later costs nothing") {
  ClaimFixture app;
  const auto agent = app.agent();
  const auto cost_of_a_look = [&] {
    Trace trace;
    const Trace::Under under(trace);
    app::expire_claims(app.context);
    return test::cost_of(trace);
  };
  const test::Cost nothing = cost_of_a_look();
  for (int i = 0; i < 3; ++i) {
    const auto deployment = app.deploy("production", "task " + std::to_string(i));
    const auto claim = app.claim(agent, deployment);
    app.report(agent, deployment, DeploymentState::in_progress, &claim);
  }
  CHECK(cost_of_a_look() == nothing);
}

TEST_CASE("agents: see the deployments of their environments, by the name they were made for") {
  ClaimFixture app;
  const auto agent = app.agent({"production"}), other = app.agent({"staging"});
  const auto deployment = app.deploy();
  app.report(app.ada, deployment, DeploymentState::queued);
  must(app.try_report(app.ada, deployment, DeploymentState::queued, nullptr, "staging"));
  const auto sees = [&](const app::RepositoryAccess& who) {
    return app
        .read([&](store::Reader& db) { return app::list_statuses(db, who, deployment.id, {}); })
        .has_value();
  };
  CHECK(sees(agent));
  CHECK_FALSE(sees(other));
  CHECK(reason(app.try_claim(other, deployment)) == "not found");
  CHECK(reason(app.try_report(other, deployment, DeploymentState::failure)) == "not found");
  const auto elsewhere =
      app.try_report(agent, deployment, DeploymentState::queued, nullptr, "staging");
  CHECK(reason(elsewhere) == "environment_not_of_agent");
  app.claim(agent, deployment);
}

TEST_CASE("create_claim: not of what has run before, whatever was reported since") {
  ClaimFixture app;
  const auto agent = app.agent();
  const auto begun = app.deploy();
  for (const auto state : {DeploymentState::in_progress, DeploymentState::queued}) {
    app.report(app.ada, begun, state);
  }
  CHECK(reason(app.try_claim(agent, begun)) == "in_progress");
  app.report(app.ada, begun, DeploymentState::failure);
  app.report(app.ada, begun, DeploymentState::queued);
  CHECK(reason(app.try_claim(agent, begun)) == "deployment_ended");
}

TEST_CASE("create_status: an agent reports for its environment, also of what was moved elsewhere") {
  ClaimFixture app;
  const auto agent = app.agent({"production"}), both = app.agent({"production", "staging"});
  const auto deployment = app.deploy();
  must(app.try_report(app.ada, deployment, DeploymentState::queued, nullptr, "staging"));
  CHECK(must(app.try_report(both, deployment, DeploymentState::queued)).environment.name ==
        "staging");
  CHECK(must(app.try_report(agent, deployment, DeploymentState::queued)).environment.name ==
        "production");
}

TEST_CASE("append_log: of a claimed deployment, only the owner of the claim writes it") {
  ClaimFixture app;
  const auto one = app.agent(), two = app.agent({"production"}, "web-2");
  const auto deployment = app.deploy();
  const auto append = [&](const app::RepositoryAccess& who, int64_t offset) {
    return app::append_log(app.context, who, deployment.id, offset, "line\n");
  };
  const auto claim = app.claim(one, deployment);
  CHECK(reason(append(two, 0)) == "claimed");
  CHECK(reason(append(app.ada, 0)) == "claimed");
  CHECK(must(append(one, 0)).size == 5);
  must(app::release_claim(app.context, one, deployment.id, claim.id));
  CHECK(must(append(two, 5)).size == 10);
}

TEST_CASE("claims: two agents race for deployments, and each is won once") {
  ClaimFixture app;
  const auto one = app.agent(), two = app.agent({"production"}, "web-2");
  constexpr int count = 1000;
  const auto first = app.deploy();
  test::write(app.context.database, [&](store::Writer& tx) {
    for (int i = 1; i < count; ++i) {
      store::insert_deployment(tx, first, core::Actor::by_session(first.creator));
    }
  });
  std::atomic<int> wrong = 0;
  std::array<std::vector<int64_t>, 2> won;
  const auto race = [&](const app::RepositoryAccess& who, std::vector<int64_t>& mine) {
    for (int64_t i = 0; i < count; ++i) {
      const DeploymentId id{first.id.value + i};
      const auto claim = app::create_claim(app.context, who, id, {});
      if (claim) mine.push_back(id.value);
      if (!claim && claim.error().reason_code != "claimed") ++wrong;
    }
  };
  std::thread thread([&] { race(one, won[0]); });
  race(two, won[1]);
  thread.join();
  CHECK(wrong == 0);
  CHECK(won[0].size() + won[1].size() == count);
  std::set<int64_t> all(won[0].begin(), won[0].end());
  all.insert(won[1].begin(), won[1].end());
  CHECK(all.size() == count);
  CHECK(app.row_count("deployment_claim") == count);
}
