#include "app/custom_rules.h"

#include <doctest/doctest.h>

#include "app/environments.h"
#include "app/gate_report.h"
#include "support/app_rows.h"
#include "support/gate_fixture.h"

using namespace esclusa;
using core::CustomRuleState;
using core::DeploymentPhase;
using test::must;
using namespace std::chrono_literals;

namespace {

/// An app, as which an installation acts in ada's repository.
struct InstalledApp {
  core::App app;
  core::Installation installation;
  app::RepositoryAccess access;
};

/// ada's repository with the apps guard and other, which can provide rules.
struct Fixture : test::GateFixture {
  InstalledApp install(const std::string& slug, const std::string& events = "",
                       const std::string& permissions = "deployments=write") {
    InstalledApp made{{}, {}, ada};
    must(write([&](store::Writer& tx) {
      made.app = test::add_app(tx, account("ada"), slug, permissions);
      made.app.events = {events.empty() ? "deployment_protection_rule" : events};
      made.installation = test::add_installation(tx, made.app, account("ada"));
      made.access.actor =
          core::Actor::by_installation(test::add_grant(tx, made.installation, "digest of " + slug));
    }));
    return made;
  }
  HookId add_hook(const core::App& app) {
    return must(
        write([&](store::Writer& tx) { return test::add_app_hook(tx, app, account("ada").id); }));
  }
  Result<core::ProtectionRule> enable(const core::App& app) {
    return app::create_custom_rule(context, ada, "production", app.id);
  }
  std::string enabling(const core::App& app) {
    const auto made = enable(app);
    return made ? "" : made.error().reason_code;
  }
  std::string answer(const InstalledApp& who, const core::Deployment& deployment,
                     CustomRuleState state, const std::string& comment = "",
                     const std::string& environment = "Production") {
    const auto done =
        app::answer_custom_rule(context, who.access, deployment.id, {environment, state, comment});
    return done ? "" : done.error().reason_code;
  }
  std::string approve(const InstalledApp& who, const core::Deployment& deployment) {
    return answer(who, deployment, CustomRuleState::approved);
  }
  core::GateVerdict verdict(const core::Deployment& deployment) {
    return must(read([&](store::Reader& db) {
             return app::explain_gates(context, db, ada, deployment.id);
           }))
        .verdicts.at(0);
  }
  void suspend(const InstalledApp& who, bool suspended = true) {
    must(write([&](store::Writer& tx) {
      store::set_suspended(tx, who.installation.id, suspended ? std::optional(now) : std::nullopt,
                           {}, now);
    }));
  }
  core::Deployment deploy_as(const InstalledApp& who) {
    core::NewDeployment input;
    input.ref = "main";
    return AppFixture::deploy(who.access, input);
  }
  std::vector<test::StoredEvent> requests() { return events("deployment_protection_rule"); }

  core::Environment production = guard({});
  InstalledApp guard_app = install("guard");
  InstalledApp other = install("other");
};

}  // namespace

TEST_CASE("create_custom_rule: only an app that is installed there and can answer provides one") {
  Fixture app;
  core::App unknown;
  unknown.id = {1000};
  CHECK(app.enabling(unknown) == "app_not_available");
  CHECK(app.enabling(app.install("deaf", "deployment").app) == "app_not_available");
  CHECK(app.enabling(app.install("mute", "", "deployments=read").app) == "app_not_available");
  app.suspend(app.other);
  CHECK(app.enabling(app.other.app) == "app_not_available");
  CHECK(app.enabling(app.guard_app.app) == "");
  CHECK(app.enabling(app.guard_app.app) == "already_exists");
  CHECK(app.audits("environment.update").back().detail.contains(R"("apps":["guard"])"));
  const auto available = must(app.read(
      [&](store::Reader& db) { return app::list_available_apps(db, app.ada, "production"); }));
  REQUIRE(available.size() == 1);
  CHECK(available[0].slug == "guard");
}

TEST_CASE("create_custom_rule: an environment has at most six") {
  Fixture app;
  for (int i = 1; i <= 6; ++i) {
    CHECK(app.enabling(app.install("guard-" + std::to_string(i)).app) == "");
  }
  CHECK(app.enabling(app.guard_app.app) == "too_many_custom_rules");
  const auto rules = must(app.read(
      [&](store::Reader& db) { return app::list_custom_rules(db, app.ada, "production"); }));
  CHECK(rules.size() == 6);
  app.guard(app.by_timer(5));  // other rules come and go beside them
  CHECK(app.deploy().phase == DeploymentPhase::held);
  CHECK(app.descriptions(core::DeploymentState::waiting) ==
        "Waits for: wait_timer, custom_deployment_protection_rule\n");
}

TEST_CASE("answer_custom_rule: an approval releases what waits, once") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  CHECK(held.phase == DeploymentPhase::held);
  CHECK(app.sent() == 0);
  CHECK(app.approve(app.guard_app, held) == "");
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
  CHECK(app.audits("deployment_protection_rule.approved").size() == 1);
  CHECK(app.audits("deployment_protection_rule.approved")[0].actor == app.account("guard[bot]").id);
  CHECK(app.approve(app.guard_app, held) == "not_waiting");
  CHECK(app.sent() == 1);
}

TEST_CASE("answer_custom_rule: each app opens its own gate, and a repeated approval is no act") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  must(app.enable(app.other.app));
  const auto held = app.deploy();
  CHECK(app.approve(app.guard_app, held) == "");
  CHECK(app.approve(app.guard_app, held) == "");
  CHECK(app.audits("deployment_protection_rule.approved").size() == 1);
  CHECK(app.get(held).phase == DeploymentPhase::held);
  CHECK(app.approve(app.other, held) == "");
  CHECK(app.get(held).phase == DeploymentPhase::released);
}

TEST_CASE("answer_custom_rule: a rejection ends the deployment") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  CHECK(app.answer(app.guard_app, held, CustomRuleState::rejected, "Too many errors") == "");
  CHECK(app.get(held).phase == DeploymentPhase::ended);
  CHECK(app.descriptions(core::DeploymentState::failure) == "Rejected by guard[bot].\n");
  CHECK(app.audits("deployment_protection_rule.rejected")[0].detail ==
        R"({"comment":"Too many errors"})");
  CHECK(app.approve(app.guard_app, held) == "not_waiting");
  CHECK(app.sent() == 0);
}

TEST_CASE("answer_custom_rule: a report decides nothing, is shown, and there are ten at most") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  const auto report = [&](const std::string& comment) {
    return app.answer(app.guard_app, held, CustomRuleState::reported, comment);
  };
  for (int i = 1; i <= 10; ++i) CHECK(report("step " + std::to_string(i)) == "");
  CHECK(report("step 11") == "too_many_reports");
  CHECK(app.verdict(held).state == core::GateState::shut);
  CHECK(app.verdict(held).message.ends_with("It reports: step 10"));
  const auto next = app.deploy();
  CHECK(app.answer(app.guard_app, next, CustomRuleState::reported, std::string(1024, 'a')) == "");
  CHECK(app.answer(app.guard_app, next, CustomRuleState::approved, std::string(1025, 'a')) ==
        "too_long");
  CHECK(app.get(next).phase == DeploymentPhase::held);
}

TEST_CASE("answer_custom_rule: only the app of the rule answers, for the environment that waits") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  CHECK(app.approve(app.other, held) == "not_the_apps_rule");
  CHECK(app.approve({app.guard_app.app, app.guard_app.installation, app.ada}, held) ==
        "not_the_apps_rule");
  CHECK(app.answer(app.guard_app, held, CustomRuleState::approved, "", "staging") ==
        "environment_not_waiting");
  CHECK(app.get(held).phase == DeploymentPhase::held);
}

TEST_CASE("answer_custom_rule: an app's rule does not approve what the app created") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto own = app.deploy_as(app.guard_app);
  CHECK(own.phase == DeploymentPhase::held);
  CHECK(app.verdict(own).reason_code == "self_review_prevented");
  CHECK(app.approve(app.guard_app, own) == "self_review_prevented");
  CHECK(app.get(own).phase == DeploymentPhase::held);
  const auto others = app.deploy_as(app.other);
  CHECK(app.approve(app.guard_app, others) == "");
  CHECK(app.get(others).phase == DeploymentPhase::released);
  CHECK(app.answer(app.guard_app, own, CustomRuleState::rejected) == "");
}

TEST_CASE("custom rule: without its app the gate stays shut, and what the app approved waits") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  app.guard(app.by_timer(5));
  const auto held = app.deploy();
  CHECK(app.approve(app.guard_app, held) == "");
  app.suspend(app.guard_app);
  app.pass(5min);
  app.timer.look_at_all();
  CHECK(app.get(held).phase == DeploymentPhase::held);
  const auto gates = must(app.read(
      [&](store::Reader& db) { return app::explain_gates(app.context, db, app.ada, held.id); }));
  CHECK(gates.verdicts.at(1).reason_code == "app_suspended");
  app.suspend(app.guard_app, false);
  app.timer.look_at_all();
  CHECK(app.get(held).phase == DeploymentPhase::released);
}

TEST_CASE("custom rule: a removed app leaves its gate shut, which an administrator may bypass") {
  Fixture app;
  must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  must(app.write([&](store::Writer& tx) { store::remove_app(tx, app.guard_app.app.id, app.now); }));
  app.timer.look_at_all();
  CHECK(app.get(held).phase == DeploymentPhase::held);
  CHECK(app.verdict(held).reason_code == "app_not_installed");
  CHECK(app.approve(app.guard_app, held) == "");  // had it got this far
  CHECK(app.get(held).phase == DeploymentPhase::held);
  must(app::bypass_gates(app.context, app.ada, held.id, "The app is gone"));
  CHECK(app.get(held).phase == DeploymentPhase::released);
}

TEST_CASE("delete_custom_rule: releases what waited for it alone") {
  Fixture app;
  const auto rule = must(app.enable(app.guard_app.app));
  const auto held = app.deploy();
  const auto reading = [&] {
    return app.read([&](store::Reader& db) {
      return app::get_custom_rule(db, app.ada, "production", rule.id);
    });
  };
  CHECK(reading().has_value());
  must(app::delete_custom_rule(app.context, app.ada, "production", rule.id));
  CHECK(reading().error().code == ErrorCode::not_found);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  // An approval names its rule: a rule that is made again asks again.
  must(app.enable(app.guard_app.app));
  CHECK(app.deploy().phase == DeploymentPhase::held);
}

TEST_CASE("custom rule: its app is asked for each deployment that waits, and nobody else hears") {
  Fixture app;
  const HookId hook = app.add_hook(app.guard_app.app);
  app.add_hook(app.other.app);
  app.guard(app.by_review());
  const auto earlier = app.deploy();
  CHECK(app.requests().empty());
  must(app.enable(app.guard_app.app));
  REQUIRE(app.requests().size() == 1);
  const auto asked = app.requests()[0];
  CHECK(asked.event.action == "requested");
  CHECK(asked.event.deployment_id == earlier.id);
  CHECK(asked.event.only_hook == hook);
  CHECK(asked.body.contains(
      R"("deployment_callback_url":"http://api.example/repos/ada/application/actions/runs/)" +
      std::to_string(earlier.id.value) + R"(/deployment_protection_rule")"));
  CHECK(std::ranges::count(app.deliveries(), "deployment_protection_rule",
                           &test::StoredDelivery::event) == 1);
  must(app.review(app.grace, earlier));  // judged again, but asked before
  CHECK(app.requests().size() == 1);
  app.deploy_as(app.guard_app);  // it could not approve that
  CHECK(app.requests().size() == 1);
  const auto later = app.deploy();
  REQUIRE(app.requests().size() == 2);
  CHECK(app.requests()[1].event.deployment_id == later.id);
}

TEST_CASE("custom rule: an app that comes back is asked for what has waited") {
  Fixture app;
  app.add_hook(app.guard_app.app);
  must(app.enable(app.guard_app.app));
  app.suspend(app.guard_app);
  app.deploy();
  CHECK(app.requests().empty());
  app.suspend(app.guard_app, false);
  app.timer.look_at_all();
  CHECK(app.requests().size() == 1);
  app.timer.look_at_all();
  CHECK(app.requests().size() == 1);
}
