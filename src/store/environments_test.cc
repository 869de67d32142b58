#include "store/environments.h"

#include <doctest/doctest.h>

#include "store/gates.h"
#include "store/reviews.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

/// One rule of each kind.
std::vector<core::ProtectionRule> all_rules(const core::Account& reviewer) {
  return {{{}, core::BranchPolicyRule{core::BranchPolicyMode::custom_branch_policies}},
          {{}, core::WaitTimerRule{30}},
          {{}, core::RequiredReviewersRule{{{reviewer.id, reviewer.login}}, 2, true}}};
}

core::Environment guarded(sql::Writer& tx, const Sample& s) {
  auto environment = store::ensure_environment(tx, s.repository.id, "production", at(1));
  environment.rules = all_rules(s.ada);
  store::save_environment(tx, environment, at(2));
  return environment;
}

core::Deployment hold(sql::Writer& tx, const Sample& s, const core::Environment& where) {
  core::Deployment deployment;
  deployment.repository_id = s.repository.id;
  deployment.environment = deployment.original_environment = where.name;
  deployment.ref = "main";
  deployment.ref_kind = core::RefKind::branch;
  deployment.ref_name = "refs/heads/main";
  deployment.sha = std::string(40, 'a');
  deployment.task = "deploy";
  deployment.payload = "{}";
  deployment.creator = s.ada;
  deployment.phase = core::DeploymentPhase::held;
  deployment.boot = {"boot-1", std::chrono::microseconds(77)};
  deployment.created_at = at(3);
  deployment.id = store::insert_deployment(tx, deployment, s.actor);
  return deployment;
}

core::DeploymentReview approval(const Sample& s, const core::Deployment& deployment,
                                const core::Environment& environment) {
  core::DeploymentReview review;
  review.deployment_id = deployment.id;
  review.environment_id = environment.id;
  review.environment = environment.name;
  review.rule_id = environment.rules.back().id;
  review.sha = deployment.sha;
  review.reviewer = s.ada;
  review.human_id = s.ada.id;
  review.comment = "fine";
  review.created_at = at(4);
  return review;
}

/// Runs `test` with a Sample and a guarded environment, in one transaction of each engine.
void on_each_engine(
    const std::function<void(sql::Writer&, const Sample&, core::Environment)>& test) {
  for_each_engine([&](sql::Database& db) {
    test::write(db, [&](sql::Writer& tx) {
      const Sample s(tx);
      test(tx, s, guarded(tx, s));
    });
  });
}

}  // namespace

TEST_CASE("save_environment: keeps every rule, in the order of the kinds") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& made) {
    const auto read = found(store::find_environment(tx, s.repository.id, "PRODUCTION"));
    CHECK(read.id == made.id);
    CHECK(read.name.name == "production");
    CHECK(read.can_admins_bypass);
    CHECK(read.updated_at == at(2));
    REQUIRE(read.rules.size() == 3);
    CHECK(read.has_custom_policies());
    CHECK(read.find<core::WaitTimerRule>()->minutes == 30);
    const auto* review = read.find<core::RequiredReviewersRule>();
    CHECK(review->required_approvals == 2);
    CHECK(review->prevent_self_review);
    REQUIRE(review->reviewers.size() == 1);
    CHECK(review->reviewers[0].name == "ada");
  });
}

TEST_CASE("save_environment: a rule with an id stays; others are deleted or inserted") {
  on_each_engine([](sql::Writer& tx, const Sample&, core::Environment environment) {
    const auto timer = environment.rules[1].id, review = environment.rules[2].id;
    environment.rules = {environment.rules[1], {{}, environment.rules[2].gate}};
    store::save_environment(tx, environment, at(5));
    const auto read = found(store::find_environment(tx, environment.name.id));
    REQUIRE(read.rules.size() == 2);
    CHECK(read.rules[0].id == timer);
    CHECK(read.rules[1].id != review);
    CHECK(tx.number("select count(*) from required_reviewer") == 1);
  });
}

TEST_CASE("save_environment: the review settings are kept even without a rule") {
  on_each_engine([](sql::Writer& tx, const Sample&, core::Environment environment) {
    environment.rules.clear();
    environment.reviews = {3, true};
    store::save_environment(tx, environment, at(5));
    const auto read = found(store::find_environment(tx, environment.name.id));
    CHECK(read.rules.empty());
    CHECK(read.reviews.required_approvals == 3);
    CHECK(read.reviews.prevent_self_review);
  });
}

TEST_CASE("save_environment: patterns are deleted with their mode") {
  on_each_engine([](sql::Writer& tx, const Sample&, core::Environment environment) {
    core::BranchPolicy policy{{}, core::BranchPolicyKind::tag, "v*"};
    policy.id = found(store::insert_branch_policy(tx, environment.id, policy, at(3)));
    CHECK_FALSE(store::insert_branch_policy(tx, environment.id, policy, at(4)));
    policy.name = "w*";
    CHECK(store::rename_branch_policy(tx, environment.id, policy));
    const auto other =
        found(store::insert_branch_policy(tx, environment.id, {{}, policy.kind, "x"}, at(5)));
    CHECK_FALSE(store::rename_branch_policy(tx, environment.id, {other, policy.kind, "w*"}));
    const auto listed = store::list_branch_policies(tx, environment.id);
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].name == "w*");
    CHECK(listed[0].kind == core::BranchPolicyKind::tag);
    environment.rules.erase(environment.rules.begin());
    store::save_environment(tx, environment, at(6));
    CHECK(store::list_branch_policies(tx, environment.id).empty());
  });
}

TEST_CASE("delete_environment: its name row stays, and a new environment can use it") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& made) {
    store::insert_branch_policy(tx, made.id, {{}, core::BranchPolicyKind::branch, "x"}, at(3));
    store::delete_environment(tx, made);
    CHECK_FALSE(store::find_environment(tx, made.name.id));
    CHECK(tx.number("select count(*) from protection_rule") == 0);
    const auto again = store::ensure_environment(tx, s.repository.id, "Production", at(9));
    CHECK(again.id != made.id);
    CHECK(again.name.name == "production");
    CHECK(again.rules.empty());
  });
}

TEST_CASE("list_environments: by name, with the total count") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment&) {
    for (const char* name : {"beta", "Alpha"}) {
      store::ensure_environment(tx, s.repository.id, name, at(4));
    }
    const auto page = store::list_environments(tx, s.repository.id, {.number = 1, .size = 2});
    CHECK(page.total_count == 3);
    REQUIRE(page.items.size() == 2);
    CHECK(page.items[0].name.name == "Alpha");
    CHECK(page.items[1].name.name == "beta");
  });
}

TEST_CASE("insert_deployment: keeps the fields that the gates need") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& where) {
    const auto held = hold(tx, s, where);
    const auto read = found(store::find_deployment(tx, s.repository.id, held.id));
    CHECK(read.phase == core::DeploymentPhase::held);
    CHECK(read.ref_kind == core::RefKind::branch);
    CHECK(read.ref_name == "refs/heads/main");
    CHECK(read.boot.boot_id == "boot-1");
    CHECK(read.boot.since_boot == std::chrono::microseconds(77));
  });
}

TEST_CASE("leave_held: only once") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& where) {
    const auto held = hold(tx, s, where);
    CHECK(store::list_held(tx, s.repository.id).size() == 1);
    CHECK(store::list_held(tx, RepositoryId{999}).empty());
    CHECK(store::list_held(tx, std::nullopt, 9).size() == 1);
    CHECK(store::list_held(tx, held, 9).empty());
    CHECK(store::list_held(tx, where.name.id).size() == 1);
    CHECK(store::list_held(tx, EnvironmentNameId{999}).empty());
    CHECK(store::leave_held(tx, held.id, core::DeploymentPhase::released, at(5)));
    CHECK_FALSE(store::leave_held(tx, held.id, core::DeploymentPhase::released, at(6)));
    CHECK_FALSE(store::leave_held(tx, held.id, core::DeploymentPhase::ended, at(6)));
    CHECK(tx.number("select released_at from deployment") == to_micros(at(5)));
    CHECK(store::list_held(tx, std::nullopt, 9).empty());
  });
}

TEST_CASE("save_verdicts: stores the latest ones, and list_due finds timers that have ended") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& where) {
    const auto held = hold(tx, s, where);
    core::GateVerdict verdict{.kind = core::GateKind::wait_timer,
                              .rule_id = {4},
                              .state = core::GateState::shut,
                              .reason_code = "wait_timer",
                              .message = "runs",
                              .numbers = {},
                              .openers = {},
                              .opens_at = at(9)};
    store::save_verdicts(tx, held.id, {verdict}, at(5));
    CHECK(store::list_due(tx, at(0), at(8), 5).empty());
    CHECK(store::list_due(tx, at(0), at(9), 5).size() == 1);
    CHECK(store::list_due(tx, at(9), at(9), 5).size() == 1);
    CHECK(store::list_due(tx, at(10), at(20), 5).empty());
    CHECK(store::list_verdicts(tx, held.id).at(0).opens_at == at(9));
    verdict.state = core::GateState::open;
    verdict.opens_at.reset();
    store::save_verdicts(tx, held.id, {verdict}, at(6));
    CHECK(store::list_due(tx, at(0), at(9), 5).empty());
    const auto read = store::list_verdicts(tx, held.id).at(0);
    CHECK(read.state == core::GateState::open);
    CHECK(read.rule_id == ProtectionRuleId{4});
    CHECK(read.message == "runs");
  });
}

TEST_CASE("an environment can have several rules of one kind, and a verdict for each") {
  on_each_engine([](sql::Writer& tx, const Sample& s, core::Environment environment) {
    environment.rules.push_back({{}, core::WaitTimerRule{60}});
    store::save_environment(tx, environment, at(3));
    const auto read = found(store::find_environment(tx, environment.name.id));
    REQUIRE(read.rules.size() == 4);
    const core::ProtectionRule &first = read.rules[1], &second = read.rules[2];
    CHECK(std::get<core::WaitTimerRule>(first.gate).minutes == 30);
    CHECK(std::get<core::WaitTimerRule>(second.gate).minutes == 60);
    const auto held = hold(tx, s, environment);
    const auto facts = store::gather_gate_facts(tx, read, held, {at(3), held.boot});
    store::save_verdicts(tx, held.id, core::judge_gates(read, held, facts), at(3));
    const auto verdicts = store::list_verdicts(tx, held.id);
    REQUIRE(verdicts.size() == 4);
    CHECK(verdicts[1].rule_id == first.id);
    CHECK(verdicts[1].opens_at == at(3) + std::chrono::minutes(30));
    CHECK(verdicts[1].numbers == std::map<std::string, int64_t>{{"minutes", 30}});
    CHECK(verdicts[2].rule_id == second.id);
    CHECK(verdicts[2].opens_at == at(3) + std::chrono::minutes(60));
    CHECK(verdicts[3].kind == core::GateKind::required_reviewers);
  });
}

TEST_CASE("gather_gate_facts: an unreadable row is an error, not an absent rule") {
  for (const char* table : {"branch_policy", "branch_protection", "deployment_review"}) {
    test::SqliteStore store;
    CHECK_FALSE(store.database().write([&](sql::Writer& tx) {
      const Sample s(tx);
      auto environment = guarded(tx, s);
      const auto held = hold(tx, s, environment);
      if (std::string_view(table) == "branch_protection") {
        environment.rules[0].gate = core::BranchPolicyRule{};
      }
      tx.execute("drop table " + std::string(table));
      store::gather_gate_facts(tx, environment, held, {});
    }));
  }
}

TEST_CASE("insert_review: one approval for each human and rule") {
  on_each_engine([](sql::Writer& tx, const Sample& s, const core::Environment& where) {
    const auto held = hold(tx, s, where);
    auto review = approval(s, held, where);
    CHECK(store::insert_review(tx, review, s.actor));
    CHECK_FALSE(store::insert_review(tx, review, s.actor));
    review.rule_id = ProtectionRuleId{99};
    CHECK(store::insert_review(tx, review, s.actor));
    const auto listed = store::list_reviews(tx, held.id);
    REQUIRE(listed.size() == 2);
    const auto judged = store::gather_gate_facts(tx, where, held, {}).reviews;
    CHECK_FALSE(judged[0].is_entitled);  // the rule does not name ada
    CHECK(judged[1].is_entitled);
    CHECK(listed[1].environment.name == "production");
    CHECK(listed[1].comment == "fine");
    CHECK(listed[1].human_id == s.ada.id);
    store::delete_deployment(tx, held.id);
    CHECK(tx.number("select count(*) from deployment_review") == 0);
  });
}

TEST_CASE("may_review: named directly or by a team, with a role, and not blocked") {
  on_each_engine([](sql::Writer& tx, const Sample& s, core::Environment environment) {
    const auto grace = test::add_account(tx, "grace");
    const ProtectionRuleId rule = environment.rules.back().id;
    auto may_review = [&](ProtectionRuleId by, const core::Account& account) {
      return store::may_review(tx, s.repository, by, account);
    };
    store::set_role(tx, s.repository.id, grace.id, core::Role::read);
    CHECK(may_review(rule, s.ada));
    CHECK_FALSE(may_review(rule, grace));
    const auto acme = test::add_account(tx, "acme", core::AccountKind::organization);
    const int64_t team = tx.number(
        "insert into team (organization_id, name, slug, description, privacy, created_at, "
        "updated_at) values ($1, 'Ops', 'ops', '', 'closed', 1, 1) returning id",
        {acme.id.value});
    std::get<core::RequiredReviewersRule>(environment.rules.back().gate).reviewers = {
        {TeamId{team}, "acme/ops"}};
    environment.rules.back().id = {};
    store::save_environment(tx, environment, at(5));
    const ProtectionRuleId by_team = environment.rules.back().id;
    CHECK_FALSE(may_review(by_team, grace));
    tx.execute("insert into team_member (team_id, account_id, role) values ($1, $2, 'member')",
               {team, grace.id.value});
    CHECK(may_review(by_team, grace));
    store::set_role(tx, s.repository.id, grace.id, core::Role::none);
    CHECK_FALSE(may_review(by_team, grace));
    store::set_role(tx, s.repository.id, grace.id, core::Role::triage);
    CHECK(may_review(by_team, grace));
    store::set_blocked(tx, grace.id, at(6));
    CHECK_FALSE(may_review(by_team, grace));
    CHECK(found(store::find_environment(tx, environment.name.id))
              .find<core::RequiredReviewersRule>()
              ->reviewers.at(0)
              .name == "acme/ops");
  });
}
