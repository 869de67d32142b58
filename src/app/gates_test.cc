// Deployments and their gates: app/gates.h, app/reviews.h and app/environments.h.

#include <doctest/doctest.h>

#include "app/blocking.h"
#include "app/environments.h"
#include "app/gate_report.h"
#include "app/reviews.h"
#include "app/timers.h"
#include "core/dry_run.h"
#include "support/captured_log.h"
#include "support/gate_fixture.h"

using namespace esclusa;
using core::DeploymentPhase;
using core::DeploymentState;
using test::GateFixture;
using test::must;
using namespace std::chrono_literals;

TEST_CASE("create_deployment: an environment without rules is as on GitHub, and is listed") {
  GateFixture app;
  CHECK(app.deploy("Staging").phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
  CHECK(std::ranges::count_if(app.events(), [](const test::StoredEvent& stored) {
          return stored.actor_token.has_value();
        }) == 1);
  CHECK(app.states() == "");
  CHECK(must(app.read([&](store::Reader& db) {
          return app::get_environment(db, app.ada, "staging");
        })).name.name == "Staging");
}

TEST_CASE("create_deployment: shut gates hold it, and a status says so") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  CHECK(held.phase == DeploymentPhase::held);
  CHECK(held.state == DeploymentState::waiting);
  CHECK(app.sent() == 0);
  CHECK(app.states() == "waiting\n");
  REQUIRE(app.statuses().size() == 1);
  CHECK(app.statuses()[0].description == "Waits for: required_reviewers");
}

TEST_CASE("review_deployment: an approval releases it, once, for its creator") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  CHECK(app.refusal(app.review(app.linus, held)) == "not_a_reviewer");
  CHECK(app.sent() == 0);
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
  CHECK(app.states() == "waiting\nqueued\n");
  CHECK(app.refusal(app.review(app.ada, held)) == "not_waiting");
  CHECK(app.sent() == 1);
  REQUIRE(app.events("deployment").size() == 1);
  CHECK(app.events("deployment")[0].actor == app.account("ada").id);
  CHECK(app.audits("deployment_review.approved").size() == 1);
  CHECK(app.audits("deployment.release").size() == 1);
}

TEST_CASE("review_deployment: needs the required number of approvals, each human counts once") {
  GateFixture app;
  app.guard(app.by_review(false, 2));
  const auto held = app.deploy();
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::held);
  CHECK(app.refusal(app.review(app.grace, held)) == "already_approved");
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::released);
}

TEST_CASE("review_deployment: with prevent_self_review the creator cannot review, by any token") {
  GateFixture app;
  app.guard(app.by_review(true));
  const auto held = app.deploy();
  CHECK(app.refusal(app.review(app.ada, held)) == "self_review_prevented");
  CHECK(app.refusal(app.review(app.open("ada", "application"), held)) == "self_review_prevented");
  CHECK(app.get(held).phase == DeploymentPhase::held);
}

TEST_CASE("review_deployment: a rejection ends it, and names who rejected it") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  CHECK(must(app.review(app.grace, held, core::ReviewState::rejected)).phase ==
        DeploymentPhase::ended);
  CHECK(app.states() == "waiting\nfailure\n");
  CHECK(app.descriptions(core::DeploymentState::failure) == "Rejected by grace.\n");
  CHECK(app.refusal(app.review(app.ada, held)) == "not_waiting");
  CHECK(app.report(held, DeploymentState::success) == "deployment_ended");
  CHECK(app.report(held, DeploymentState::inactive) == "");
  CHECK(app.sent() == 0);
}

TEST_CASE("review_deployment: an approval ends with the rule that it was given for") {
  GateFixture app;
  app.guard(app.by_review(false, 2));
  const auto held = app.deploy();
  must(app.review(app.grace, held));
  app.guard(app.by_review(true, 2));
  app.guard(app.by_review(false, 2));
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::released);
}

TEST_CASE("put_environment: a held deployment that now needs a review asks for it, once") {
  GateFixture app;
  app.guard(app.by_timer(10));
  app.deploy();
  auto asked = [&] { return app.row_count("event where action = 'requested'"); };
  CHECK(asked() == 0);
  app.guard(app.by_review());
  CHECK(asked() == 1);
  app.guard(app.by_timer(20));
  CHECK(asked() == 1);
}

TEST_CASE("review_deployment: names the one environment that the deployment waits for") {
  GateFixture app;
  const EnvironmentId id = app.guard(app.by_review()).id;
  const auto held = app.deploy();
  for (const std::vector<EnvironmentId>& ids :
       {std::vector<EnvironmentId>{}, {EnvironmentId{id.value + 1}}, {id, id}}) {
    CHECK(app.refusal(app::review_deployment(app.context, app.grace, held.id,
                                             {ids, core::ReviewState::approved, ""})) ==
          "environment_not_waiting");
  }
  must(app.review(app.grace, held));
}

TEST_CASE("create_status: a held deployment accepts only a status that ends it") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  using enum DeploymentState;
  for (auto state : {queued, pending, in_progress, success}) {
    CHECK(app.report(held, state) == "waiting_for_protection");
    CHECK(app.report(held, state, "staging") == "waiting_for_protection");
  }
  CHECK(app.report(held, inactive) == "");
  CHECK(app.get(held).phase == DeploymentPhase::ended);
  CHECK(app.refusal(app.review(app.grace, held)) == "not_waiting");
  CHECK(app.sent() == 0);
}

TEST_CASE("create_status: no status carries a deployment past another environment's gates") {
  GateFixture app;
  const auto free = app.deploy("staging");
  app.guard(app.by_review());
  CHECK(app.report(free, DeploymentState::success, "Production") ==
        "environment_override_protected");
  CHECK(app.report(free, DeploymentState::success, "elsewhere") == "");
  CHECK(app.report(free, DeploymentState::success, "staging") == "");
}

TEST_CASE("create_status: may return to the environment whose gates it passed") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  must(app.review(app.grace, held));
  CHECK(app.report(held, DeploymentState::in_progress, "staging") == "");
  CHECK(app.report(held, DeploymentState::success, "production") == "");
}

TEST_CASE("review_deployment: a bot cannot review for a human who is blocked") {
  GateFixture app;
  const auto bot = app.add_bot();
  core::EnvironmentChange rules;
  rules.reviewers = {bot.actor.sender().id, app.ada.actor.sender().id};
  rules.required_approvals = 2;
  app.guard(rules);
  const auto held = app.deploy();
  must(app.review(bot, held));
  must(app::block_account(app.context, app.administrator, "grace"));
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
  CHECK(app.refusal(app.review(bot, app.deploy())) == "not_a_reviewer");
}

TEST_CASE("review_deployment: a reviewer without the role cannot review, and no approval counts") {
  GateFixture app;
  auto grant = [&](core::Role role) {
    must(app::grant_role(app.context, app.administrator, "ada", "application", "grace", role));
  };
  for (auto visibility : {core::Visibility::is_private, core::Visibility::is_public}) {
    CAPTURE(core::to_name(visibility));
    app.set(visibility);
    grant(core::Role::read);
    app.guard(app.by_review(false, 2));
    const auto held = app.deploy();
    must(app.review(app.grace, held));
    grant(core::Role::none);
    CHECK(app.refusal(app.review(app.grace, app.deploy())) == "not_a_reviewer");
    CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
    const auto gates = must(app.read([&](store::Reader& db) {
                         return app::explain_gates(app.context, db, app.ada, held.id);
                       })).verdicts;
    CHECK(gates.at(0).openers.empty());  // ada has already approved, and grace cannot review
    app.timer.look_at_all();
    CHECK(app.get(held).phase == DeploymentPhase::held);
    grant(core::Role::triage);
    app.timer.look_at_all();
    CHECK(app.get(held).phase == DeploymentPhase::released);
  }
}

TEST_CASE("review_deployment: a bot reviews for a human who holds a role") {
  GateFixture app;
  const auto bot = app.add_bot();
  core::EnvironmentChange rules;
  rules.reviewers = {bot.actor.sender().id, app.ada.actor.sender().id};
  rules.required_approvals = 2;
  app.guard(rules);
  const auto held = app.deploy();
  must(app.review(bot, held));
  must(app::grant_role(app.context, app.administrator, "ada", "application", "grace",
                       core::Role::none));
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
  CHECK(app.refusal(app.review(bot, app.deploy())) == "not_a_reviewer");
}

TEST_CASE(
    "review_deployment: after an approval that no longer counts, the human may approve again") {
  GateFixture app;
  const auto grant = [&](core::Role role) {
    must(app::grant_role(app.context, app.administrator, "ada", "application", "grace-bot", role));
  };
  const auto bot = app.add_bot();
  core::EnvironmentChange rules = app.by_review(false, 2);
  rules.reviewers->push_back(bot.actor.sender().id);
  app.guard(rules);
  const auto held = app.deploy();
  must(app.review(bot, held));
  CHECK(app.refusal(app.review(app.grace, held)) == "already_approved");
  grant(core::Role::none);
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::held);
  CHECK(app.refusal(app.review(app.grace, held)) == "already_approved");
  grant(core::Role::write);  // both approvals count again, as one human's
  CHECK(app.refusal(app.review(bot, held)) == "already_approved");
  app.timer.look_at_all();
  CHECK(app.get(held).phase == DeploymentPhase::held);
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::released);
}

TEST_CASE("put_environment: a reviewer needs a granted role; public read access is not enough") {
  GateFixture app;
  app.set(core::Visibility::is_public);
  must(app::create_account(app.context, app.administrator, {.login = "stranger", .human = ""}));
  core::EnvironmentChange change;
  change.reviewers = std::vector<core::ReviewerId>{app.log_in("stranger").sender().id};
  auto refused = app::put_environment(app.context, app.ada, "production", change);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "invalid_reviewers");
}

TEST_CASE("the audit log has the state of the gates after each change") {
  GateFixture app;
  core::EnvironmentChange change = app.by_review(true, 2);
  change.wait_timer = 30;
  change.branch_policy = core::BranchPolicyMode::custom_branch_policies;
  app.guard(change);
  const auto policy = must(app::create_branch_policy(app.context, app.ada, "production",
                                                     {{}, core::BranchPolicyKind::tag, "v*"}));
  must(app::rename_branch_policy(app.context, app.ada, "production", policy.policy.id, "w*"));
  must(app::delete_branch_policy(app.context, app.ada, "production", policy.policy.id));
  must(app::delete_environment(app.context, app.ada, "production"));
  const std::string gates =
      R"({"environment":"production","branch_policy":"custom_branch_policies","wait_timer":30,)"
      R"("reviewers":["grace","ada"],"required_approvals":2,"prevent_self_review":true,)"
      R"("can_admins_bypass":true,"requires_claim":false})"
      "\n";
  CHECK(lines_of(app.audits("environment."), &test::StoredAudit::detail) == gates + gates);
  std::string audits;
  for (const auto& row : app.audits("branch_policy.")) audits += row.action + row.detail + "\n";
  CHECK(audits == R"(branch_policy.create{"environment":"production","kind":"tag","name":"v*"})"
                  "\n"
                  R"(branch_policy.update{"environment":"production","kind":"tag","name":"w*"})"
                  "\n"
                  R"(branch_policy.delete{"environment":"production","kind":"tag","name":"w*"})"
                  "\n");
}

TEST_CASE("put_environment: releases at once what the new rules allow") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  app.guard(app.by_timer(1));
  CHECK(app.sent() == 0);
  core::EnvironmentChange cleared = app.by_timer(0);
  cleared.reviewers.emplace();
  app.guard(cleared);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
}

TEST_CASE("delete_environment: ends held deployments with a status") {
  GateFixture app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  const auto former = must(app.read([&](store::Reader& db) {
                        return app::get_environment(db, app.ada, "production");
                      })).id;
  must(app::delete_environment(app.context, app.ada, "PRODUCTION"));
  CHECK(app.get(held).phase == DeploymentPhase::ended);
  CHECK(app.descriptions(core::DeploymentState::failure) == "The environment was deleted.\n");
  CHECK_FALSE(
      app.read([&](store::Reader& db) { return app::get_environment(db, app.ada, "production"); }));
  CHECK(app.deploy().phase == DeploymentPhase::released);
  CHECK(must(app.read([&](store::Reader& db) {
          return app::get_environment(db, app.ada, "production");
        })).id != former);
  CHECK(app.sent() == 1);
}

TEST_CASE("create_deployment: a forbidden ref is refused before expected_sha is checked") {
  GateFixture app;
  core::EnvironmentChange change;
  change.branch_policy = {core::BranchPolicyMode::custom_branch_policies};
  app.guard(change);
  core::NewDeployment input;
  input.ref = "main";
  input.expected_sha = std::string(40, '0');  // is checked after the branch policy
  auto refused = app::create_deployment(app.context, app.ada, input);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "branch_policy");
  must(app::create_branch_policy(app.context, app.ada, "production",
                                 {{}, core::BranchPolicyKind::branch, "ma?n"}));
  input.expected_sha.reset();
  CHECK(app.AppFixture::deploy(app.ada, input).phase == DeploymentPhase::released);
}

TEST_CASE("judge_again: a deployment stays held when its ref becomes forbidden") {
  GateFixture app;
  auto change = app.by_review();
  change.branch_policy = {core::BranchPolicyMode::custom_branch_policies};
  app.guard(change);
  const auto policy = must(app::create_branch_policy(app.context, app.ada, "production",
                                                     {{}, core::BranchPolicyKind::branch, "main"}));
  const auto held = app.deploy();
  must(app::delete_branch_policy(app.context, app.ada, "production", policy.policy.id));
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::held);
  CHECK(app.refusal(app::bypass_gates(app.context, app.ada, held.id, "on fire")) ==
        "branch_policy");
  must(app::create_branch_policy(app.context, app.ada, "production",
                                 {{}, core::BranchPolicyKind::branch, "main"}));
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
}

TEST_CASE("bypass_gates: with a reason, and where the environment allows it") {
  GateFixture app;
  auto change = app.by_review(true);
  change.wait_timer = 10;
  app.guard(change);
  const auto held = app.deploy();
  CHECK(app.refusal(app::bypass_gates(app.context, app.ada, held.id, " ")) ==
        "bypass_reason_missing");
  core::EnvironmentChange strict;
  strict.can_admins_bypass = false;
  app.guard(strict);
  CHECK(app.refusal(app::bypass_gates(app.context, app.ada, held.id, "on fire")) ==
        "bypass_not_allowed");
  strict.can_admins_bypass = true;
  app.guard(strict);
  CHECK(must(app::bypass_gates(app.context, app.ada, held.id, "on fire")).phase ==
        DeploymentPhase::released);
  CHECK(app.sent() == 1);
  CHECK(lines_of(app.audits("deployment.bypass"), &test::StoredAudit::detail) ==
        "{\"reason\":\"on fire\"}\n");
  CHECK(lines_of(app.gates(), &test::StoredGate::state) == "bypassed\nbypassed\n");
}

TEST_CASE("explain_gates: judges a held deployment now; afterwards shows the stored verdicts") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto held = app.deploy();
  auto explain = [&] {
    return must(app.read(
        [&](store::Reader& db) { return app::explain_gates(app.context, db, app.ada, held.id); }));
  };
  CHECK(explain().verdicts.at(0).opens_at == app.now + 10min);
  app.pass(10min);
  app.timer.look();
  CHECK(explain().verdicts.at(0).state == core::GateState::open);
}

TEST_CASE("dry_run: judges, and changes nothing") {
  GateFixture app;
  app.guard(app.by_review());
  core::NewDeployment input;
  input.ref = "main";
  auto run = [&] { return must(app::dry_run(app.context, app.ada, input)); };
  CHECK(run().outcome == core::DryRunOutcome::held);
  CHECK(run().gates.at(0).openers.size() == 2);
  input.environment = "elsewhere";
  CHECK(run().outcome == core::DryRunOutcome::released);
  input.ref = "gone";
  CHECK(run().refusal->reason_code == "ref_not_found");
  CHECK(app.row_count("deployment") == 0);
  CHECK(app.row_count("environment") == 1);
}

TEST_CASE("the log tells of creations, reviews, bypasses and releases, with their environment") {
  GateFixture app;
  app.guard(app.by_review());
  const auto acts = [](const std::string& log) {
    std::string found;
    for (const std::string_view line : split(log, '\n')) {
      const auto member = [&](std::string_view name) {
        const std::string begin = "\"" + std::string(name) + "\":\"";
        const size_t from = line.find(begin) + begin.size();
        return std::string(line.substr(from, line.find('"', from) - from));
      };
      if (line.empty()) continue;
      found += member("message") + " " + member("id") + " in " + member("environment") + " by " +
               member("actor") + "\n";
    }
    return found;
  };
  std::optional<core::Deployment> held;
  CHECK(acts(test::captured_log([&] { held = app.deploy(); })) ==
        "deployment.create 1 in production by ada\n");
  CHECK(acts(test::captured_log([&] { must(app.review(app.grace, *held)); })) ==
        "deployment_review.approved 1 in production by grace\n"
        "deployment.release 1 in production by grace\n");
  const auto second = app.deploy();
  CHECK(acts(test::captured_log(
            [&] { must(app::bypass_gates(app.context, app.ada, second.id, "on fire")); })) ==
        "deployment.bypass 2 in production by ada\ndeployment.release 2 in production by ada\n");
}
