#include "core/gates.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;
using namespace std::chrono_literals;

namespace {

Account account(int64_t id, const std::string& login, std::optional<AccountId> human = {}) {
  Account account;
  account.id = {id};
  account.login = login;
  account.human_id = human;
  if (human) account.kind = AccountKind::bot;
  return account;
}

constexpr Timestamp start = from_micros(1'700'000'000'000'000);
const std::string commit(40, 'a');
using Numbers = std::map<std::string, int64_t>;

/// One environment, one deployment of `main` by ada (1), and the facts about them.
struct Case {
  Environment environment;
  Deployment deployment;
  GateFacts facts;

  Case() {
    environment.name.name = "production";
    deployment.id = {7};
    deployment.ref = "main";
    deployment.ref_kind = RefKind::branch;
    deployment.ref_name = "refs/heads/main";
    deployment.sha = commit;
    deployment.creator.id = {1};
    deployment.created_at = start;
    deployment.boot = {"boot-1", 1h};
    facts.now = {start, deployment.boot};
  }
  Case& guard(int64_t id, GateRule gate) {
    environment.rules.push_back({{id}, std::move(gate)});
    return *this;
  }
  Case& pass(std::chrono::microseconds time) {
    facts.now.wall += time;
    facts.now.boot.since_boot += time;
    return *this;
  }
  DeploymentReview& approve(int64_t account, int64_t rule = 30) {
    DeploymentReview review;
    review.deployment_id = deployment.id;
    review.rule_id = ProtectionRuleId{rule};
    review.sha = deployment.sha;
    review.reviewer.id = review.human_id = {account};
    review.is_entitled = true;
    facts.reviews.push_back(review);
    return facts.reviews.back();
  }
  GateVerdict verdict() const {
    const auto verdicts = judge_gates(environment, deployment, facts);
    REQUIRE(verdicts.size() == 1);
    return verdicts[0];
  }
  bool opens() const { return verdict().state == GateState::open; }
  /// The names of the reviewers that can open the gate.
  std::string openers() const {
    std::string names;
    for (const Reviewer& opener : verdict().openers) names += opener.name + " ";
    return names;
  }
};

RequiredReviewersRule reviewers(int count = 1, bool prevent_self_review = false) {
  return {{{AccountId{2}, "grace"}, {TeamId{5}, "acme/ops"}}, count, prevent_self_review};
}

/// Whether custom policies allow the ref.
bool allows(const std::vector<BranchPolicy>& policies, RefKind kind, const std::string& full_name) {
  Case c;
  c.guard(10, BranchPolicyRule{BranchPolicyMode::custom_branch_policies});
  c.facts.branch_policies = policies;
  c.deployment.ref_kind = kind;
  c.deployment.ref_name = full_name;
  return c.opens();
}

}  // namespace

TEST_CASE("empty_rule: every kind of gate has a type of rule") {
  for (const auto& [kind, name] : enum_names<GateKind>::values) {
    CHECK(ProtectionRule{{}, empty_rule(kind)}.kind() == kind);
  }
  CHECK(std::variant_size_v<GateRule> == enum_names<GateKind>::values.size());
}

TEST_CASE("parse_rule: reads the settings that settings_text wrote") {
  for (const auto& [rule, text] : std::vector<std::pair<GateRule, std::string>>{
           {BranchPolicyRule{BranchPolicyMode::custom_branch_policies},
            R"({"mode":"custom_branch_policies"})"},
           {WaitTimerRule{30}, R"({"minutes":30})"},
           {RequiredReviewersRule{{}, 2, true},
            R"({"required_approvals":2,"prevent_self_review":true})"},
           {CustomRule{{{3}, "guard", "Guard", {9}}}, R"({"app_id":3})"}}) {
    CHECK(settings_text(rule) == text);
    const auto read = parse_rule(ProtectionRule{{}, rule}.kind(), text);
    REQUIRE(read);
    CHECK(read->index() == rule.index());
    CHECK(settings_text(*read) == text);
  }
}

TEST_CASE("parse_rule: settings that would open the gate, or that are missing, are refused") {
  for (const auto& [kind, text] : std::vector<std::pair<GateKind, const char*>>{
           {GateKind::branch_policy, "{}"},
           {GateKind::branch_policy, R"({"mode":"no_branches"})"},
           {GateKind::wait_timer, "{}"},
           {GateKind::wait_timer, ""},
           {GateKind::wait_timer, R"({"minutes":0})"},
           {GateKind::wait_timer, R"({"minutes":4294967297})"},
           {GateKind::wait_timer, R"({"minutes":"30"})"},
           {GateKind::required_reviewers, R"({"prevent_self_review":true})"},
           {GateKind::required_reviewers, R"({"required_approvals":0,"prevent_self_review":true})"},
           {GateKind::required_reviewers, R"({"required_approvals":1})"},
           {GateKind::custom, "{}"},
           {GateKind::custom, R"({"app_id":0})"},
           {GateKind::custom, R"({"app_id":"3"})"}}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rule(kind, text));
  }
}

TEST_CASE("judge_gates: an environment without rules has no gates, and no gates means all open") {
  Case c;
  CHECK(judge_gates(c.environment, c.deployment, c.facts).empty());
  CHECK(all_open({}));
}

TEST_CASE("judge_gates: custom policies compare the kind and the name of the ref") {
  const std::vector<BranchPolicy> policies = {{{1}, BranchPolicyKind::branch, "main"},
                                              {{2}, BranchPolicyKind::branch, "release/*"},
                                              {{3}, BranchPolicyKind::branch, "refs/pull/*/merge"},
                                              {{4}, BranchPolicyKind::tag, "v*"}};
  CHECK(allows(policies, RefKind::branch, "refs/heads/main"));
  CHECK(allows(policies, RefKind::branch, "refs/heads/release/1"));
  CHECK_FALSE(allows(policies, RefKind::branch, "refs/heads/release/1/2"));
  CHECK_FALSE(allows(policies, RefKind::branch, "refs/heads/v1"));
  CHECK(allows(policies, RefKind::tag, "refs/tags/v1"));
  CHECK_FALSE(allows(policies, RefKind::tag, "refs/tags/main"));
  CHECK(allows(policies, RefKind::other_ref, "refs/pull/1/merge"));
  CHECK_FALSE(allows(policies, RefKind::commit, ""));
  CHECK_FALSE(allows({{{1}, BranchPolicyKind::branch, "*"}}, RefKind::commit, ""));
  CHECK_FALSE(allows({}, RefKind::branch, "refs/heads/main"));
}

TEST_CASE("judge_gates: if no branch is protected, all branches count as protected") {
  Case c;
  c.guard(10, BranchPolicyRule{BranchPolicyMode::protected_branches});
  CHECK(c.opens());
  c.facts.protected_branches = {"stable"};
  CHECK_FALSE(c.opens());
  CHECK(c.verdict().message ==
        "Branch \"main\" is not allowed to deploy to production due to environment protection "
        "rules.");
  c.facts.protected_branches = {"stable", "ma*"};
  CHECK(c.opens());
  c.facts.protected_branches = {};
  c.deployment.ref_kind = RefKind::tag;
  c.deployment.ref_name = "refs/tags/main";
  CHECK_FALSE(c.opens());
}

TEST_CASE("judge_gates: a wait timer opens at its minute, not before") {
  Case c;
  c.guard(20, WaitTimerRule{10});
  CHECK(c.verdict().opens_at == start + 10min);
  CHECK(c.verdict().numbers == Numbers{{"minutes", 10}});
  CHECK_FALSE(c.pass(10min - 1us).opens());
  CHECK(c.pass(1us).opens());
  CHECK_FALSE(c.verdict().opens_at);
}

TEST_CASE("judge_gates: within one boot, setting the wall clock does not change a wait timer") {
  Case c;
  c.guard(20, WaitTimerRule{10});
  c.facts.now.wall += std::chrono::years(10);
  CHECK_FALSE(c.opens());
  c.facts.now.wall -= std::chrono::years(20);
  CHECK_FALSE(c.opens());
  CHECK(c.verdict().opens_at == c.facts.now.wall + 10min);
  c.facts.now.boot.since_boot += 10min;
  CHECK(c.opens());
}

TEST_CASE("judge_gates: after a reboot the wall clock counts") {
  Case c;
  c.guard(20, WaitTimerRule{10});
  c.facts.now.boot = {"boot-2", 100h};
  CHECK_FALSE(c.opens());
  c.facts.now.wall += 10min;
  c.facts.now.boot = {"boot-2", 1s};
  CHECK(c.opens());
}

TEST_CASE("judge_gates: as many people must approve as the rule requires") {
  Case c;
  c.guard(30, reviewers(2));
  CHECK(c.openers() == "grace acme/ops ");
  c.facts.unentitled.insert(AccountId{2});
  CHECK(c.openers() == "acme/ops ");
  c.facts.unentitled.clear();
  c.approve(2);
  CHECK(c.verdict().message == "1 of 2 approvals are missing.");
  CHECK(c.verdict().numbers == Numbers{{"required_approvals", 2}, {"given_approvals", 1}});
  CHECK(c.openers() == "acme/ops ");
  c.approve(3).human_id = {2};  // a bot of the same human
  CHECK_FALSE(c.opens());
  c.approve(4);
  CHECK(c.opens());
  CHECK(c.verdict().numbers == Numbers{{"required_approvals", 2}, {"given_approvals", 2}});
}

TEST_CASE("judge_gates: an approval counts for one deployment, one commit and one rule") {
  auto opens_with = [](auto spoil) {
    Case c;
    c.guard(30, reviewers());
    spoil(c.approve(2));
    return c.opens();
  };
  CHECK(opens_with([](DeploymentReview&) {}));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.deployment_id = {8}; }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.sha = std::string(40, 'b'); }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.rule_id = ProtectionRuleId{29}; }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.rule_id.reset(); }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.is_entitled = false; }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.state = ReviewState::rejected; }));
  CHECK_FALSE(opens_with([](DeploymentReview& review) { review.state = ReviewState::bypassed; }));
}

TEST_CASE(
    "judge_gates: the creator's own approval counts only where self-review is not prevented") {
  for (bool prevented : {false, true}) {
    Case c;
    c.guard(30, reviewers(1, prevented));
    c.approve(1);
    CHECK(c.opens() == !prevented);
  }
  Case bot;
  bot.guard(30, reviewers(1, true));
  CHECK(bot.verdict().openers.size() == 2);
  bot.deployment.creator = account(9, "robot", AccountId{2});
  bot.approve(2);
  CHECK_FALSE(bot.opens());
  CHECK(bot.openers() == "acme/ops ");
}

TEST_CASE("bypass: opens the waiting gates, and leaves the branch policy shut") {
  Case c;
  c.guard(10, BranchPolicyRule{BranchPolicyMode::custom_branch_policies})
      .guard(20, WaitTimerRule{10})
      .guard(30, reviewers());
  const Account admin = account(1, "ada");
  const auto verdicts = bypass(judge_gates(c.environment, c.deployment, c.facts), admin);
  CHECK(verdicts[0].state == GateState::shut);
  CHECK(verdicts[1].state == GateState::bypassed);
  CHECK(verdicts[2].state == GateState::bypassed);
  CHECK(verdicts[2].openers.empty());
  CHECK_FALSE(all_open(verdicts));
}

TEST_CASE("check_reviewer: refuses strangers, and creators where self-review is prevented") {
  Case c;
  const Account creator = account(1, "ada"), grace = account(2, "grace");
  const Account bot = account(9, "robot", AccountId{1});
  auto reason = [&](const Account& who, bool is_entitled, bool prevented) {
    auto checked = check_reviewer(reviewers(1, prevented), c.deployment, who, is_entitled);
    return checked ? "" : checked.error().reason_code;
  };
  CHECK(reason(grace, true, true) == "");
  CHECK(reason(grace, false, false) == "not_a_reviewer");
  CHECK(reason(creator, true, false) == "");
  CHECK(reason(creator, true, true) == "self_review_prevented");
  CHECK(reason(bot, true, true) == "self_review_prevented");
}
