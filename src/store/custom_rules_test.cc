#include "store/custom_rules.h"

#include <doctest/doctest.h>

#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "support/app_rows.h"
#include "support/database_fixture.h"
#include "support/stored_rows.h"

using namespace esclusa;
using core::AppStanding;
using core::CustomRuleState;
using test::add_installation;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

/// An app that can provide rules, unless the permissions or the events say otherwise.
core::App add_guard(sql::Writer& tx, const core::Account& owner, const std::string& slug,
                    const std::string& permissions = "deployments=write",
                    std::vector<std::string> events = {"deployment",
                                                       "deployment_protection_rule"}) {
  core::App app = test::add_app(tx, owner, slug, permissions);
  app.events = std::move(events);
  return app;
}

/// An environment that is guarded by an app, which is installed there.
struct World : Sample {
  core::App app;
  core::Installation installation;
  core::Environment environment;

  explicit World(sql::Writer& tx)
      : Sample(tx),
        app(add_guard(tx, ada, "guard")),
        installation(add_installation(tx, app, ada)),
        environment(store::ensure_environment(tx, repository.id, "production", at(1))) {
    environment.rules = {{{}, core::CustomRule{{app.id, "", "", {}}, {}}}};
    store::save_environment(tx, environment, at(2));
  }
  ProtectionRuleId rule() const { return environment.rules[0].id; }
  core::CustomRuleFacts facts(sql::Reader& db, DeploymentId deployment = {}) const {
    return store::gather_custom_rule_facts(db, environment, deployment).at(rule());
  }
  std::string slugs(sql::Reader& db) const {
    std::string slugs;
    for (const auto& each : store::list_rule_installations(db, repository.id)) {
      slugs += each.app.slug + (each.is_suspended ? " (suspended) " : " ");
    }
    return slugs;
  }
};

}  // namespace

TEST_CASE("save_environment: a custom rule keeps its app, and comes with the app's names") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto read = test::found(store::find_environment(tx, world.environment.name.id));
      REQUIRE(read.find<core::CustomRule>() != nullptr);
      const core::CustomRule& rule = *read.find<core::CustomRule>();
      CHECK(rule.app.id == world.app.id);
      CHECK(rule.app.slug == "guard");
      CHECK(rule.app.bot_id == world.app.bot.id);
      CHECK(rule.created_at == at(2));
      store::remove_app(tx, world.app.id, at(3));
      CHECK(test::found(store::find_environment(tx, world.environment.name.id)).rules.size() == 1);
    });
  });
}

TEST_CASE("list_rule_installations: lists apps that are installed there and can answer") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const core::Account bob = test::add_account(tx, "bob");
      const core::Repository other = test::add_repository(tx, world.ada, "other");
      add_installation(tx, add_guard(tx, bob, "elsewhere"), bob);
      add_installation(tx, add_guard(tx, bob, "reader", "deployments=read"), world.ada);
      add_installation(tx, add_guard(tx, bob, "deaf", "deployments=write", {"deployment"}),
                       world.ada);
      add_installation(tx, add_guard(tx, bob, "other"), world.ada, {{other.id}});
      CHECK(world.slugs(tx) == "guard ");
      add_installation(tx, add_guard(tx, bob, "here"), world.ada, {{world.repository.id}});
      CHECK(world.slugs(tx) == "guard here ");
      store::set_suspended(tx, world.installation.id, at(3), {}, at(3));
      CHECK(world.slugs(tx) == "guard (suspended) here ");
      store::remove_installation(tx, world.installation.id, at(4));
      CHECK(world.slugs(tx) == "here ");
    });
  });
}

TEST_CASE("gather_custom_rule_facts: tells how the app stands, and what it said at last") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      CHECK(world.facts(tx).standing == AppStanding::installed);
      CHECK_FALSE(world.facts(tx).is_approved);
      const DeploymentId deployment = world.deployment(tx, "production").id;
      const auto answer = [&](CustomRuleState state, const std::string& comment,
                              ProtectionRuleId rule) {
        store::insert_custom_rule_answer(tx, {deployment, rule, state, comment, at(5)});
      };
      answer(CustomRuleState::reported, "one", world.rule());
      answer(CustomRuleState::reported, "two", world.rule());
      answer(CustomRuleState::approved, "of another rule", {1000});
      CHECK(world.facts(tx, deployment).report_count == 2);
      CHECK(world.facts(tx, deployment).latest_report == "two");
      CHECK_FALSE(world.facts(tx, deployment).is_approved);
      answer(CustomRuleState::approved, "fine", world.rule());
      CHECK(world.facts(tx, deployment).is_approved);
      CHECK_FALSE(world.facts(tx, DeploymentId{deployment.value + 1}).is_approved);
      store::set_suspended(tx, world.installation.id, at(6), {}, at(6));
      CHECK(world.facts(tx, deployment).standing == AppStanding::suspended);
      store::remove_app(tx, world.app.id, at(7));
      CHECK(world.facts(tx, deployment).standing == AppStanding::not_installed);
      store::delete_deployment(tx, deployment);
      CHECK(test::count_rows(tx, "custom_rule_answer") == 0);
    });
  });
}
