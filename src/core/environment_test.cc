#include "core/environment.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::vector<Reviewer> grace = {{AccountId{2}, "grace"}};

Environment guarded() {
  Environment environment;
  environment.rules = {{{10}, BranchPolicyRule{BranchPolicyMode::protected_branches}},
                       {{20}, WaitTimerRule{30}},
                       {{30}, RequiredReviewersRule{grace, 1, true}}};
  environment.reviews = {1, true};
  return environment;
}

/// `kind:id` of each rule after the change; id 0 for a new rule.
std::string after(const Environment& environment, const EnvironmentChange& change,
                  const std::vector<Reviewer>& reviewers = {}) {
  auto rules = rules_after(environment, change, reviewers);
  if (!rules) return rules.error().reason_code;
  std::string text;
  for (const ProtectionRule& rule : *rules) {
    text += std::string(to_name(rule.kind())) + ":" + std::to_string(rule.id.value) + " ";
  }
  return text;
}

std::string refusal(const EnvironmentChange& change) {
  auto checked = check_environment_change(change);
  return checked ? "" : checked.error().reason_code;
}

}  // namespace

TEST_CASE("rules_after: a rule that the change does not mention stays, with its id") {
  CHECK(after(guarded(), {}) == "branch_policy:10 wait_timer:20 required_reviewers:30 ");
  CHECK(after({}, {}) == "");
}

TEST_CASE("rules_after: an unchanged rule keeps its id, a changed rule gets another") {
  EnvironmentChange change;
  change.wait_timer = 30;
  change.reviewers = {{AccountId{2}}};
  change.branch_policy = {BranchPolicyMode::protected_branches};
  CHECK(after(guarded(), change, grace) == "branch_policy:10 wait_timer:20 required_reviewers:30 ");
  change.wait_timer = 31;
  change.prevent_self_review = false;
  change.branch_policy = {BranchPolicyMode::custom_branch_policies};
  CHECK(after(guarded(), change, grace) == "branch_policy:0 wait_timer:0 required_reviewers:0 ");
}

TEST_CASE("rules_after: null, 0 and [] clear") {
  EnvironmentChange change;
  change.wait_timer = 0;
  change.reviewers.emplace();
  change.branch_policy.emplace(std::nullopt);
  CHECK(after(guarded(), change) == "");
}

TEST_CASE("rules_after: review settings stay when reviewers are added, removed and added again") {
  Environment environment;
  auto put = [&](const EnvironmentChange& change, const std::vector<Reviewer>& reviewers = {}) {
    environment.rules = rules_after(environment, change, reviewers).value();
    environment.reviews = reviews_after(environment, change);
    const auto* rule = environment.find<RequiredReviewersRule>();
    if (rule == nullptr) return std::string("none");
    return std::to_string(rule->required_approvals) + (rule->prevent_self_review ? " strict" : "");
  };
  const std::vector<Reviewer> two = {{AccountId{2}, "grace"}, {AccountId{3}, "ada"}};
  EnvironmentChange before, reviewers, none, loose;
  before.prevent_self_review = true;
  before.required_approvals = 2;
  reviewers.reviewers.emplace();
  CHECK(put(before) == "none");
  CHECK(put(reviewers, two) == "2 strict");
  CHECK(put(reviewers) == "none");
  CHECK(put({}) == "none");
  CHECK(after(environment, reviewers, grace) == "invalid_required_approvals");
  CHECK(put(reviewers, two) == "2 strict");
  loose.prevent_self_review = false;
  CHECK(put(loose) == "2");
  CHECK(put(reviewers) == "none");
  CHECK(put(reviewers, two) == "2");
}

TEST_CASE("rules_after: no more approvals than users; with a team there is no such limit") {
  EnvironmentChange change;
  change.required_approvals = 2;
  change.reviewers.emplace();
  CHECK(after({}, change, grace) == "invalid_required_approvals");
  CHECK(after({}, change, {{TeamId{2}, "acme/ops"}}) == "required_reviewers:0 ");
}

TEST_CASE("check_environment_change: GitHub's ranges") {
  EnvironmentChange change;
  change.wait_timer = limits::wait_timer_minutes;
  change.required_approvals = 1;
  change.reviewers.emplace();
  for (int64_t id = 1; id <= 6; ++id) change.reviewers->emplace_back(AccountId{id});
  CHECK(refusal(change) == "");
  change.wait_timer = limits::wait_timer_minutes + 1;
  CHECK(refusal(change) == "invalid_wait_timer");
  change.wait_timer = -1;
  CHECK(refusal(change) == "invalid_wait_timer");
  change.wait_timer = 0;
  change.reviewers->emplace_back(TeamId{1});
  CHECK(refusal(change) == "invalid_reviewers");
  change.reviewers = {{AccountId{1}, TeamId{1}, AccountId{1}}};
  CHECK(refusal(change) == "invalid_reviewers");
  change.reviewers.reset();
  for (int count : {0, 7}) {
    change.required_approvals = count;
    CHECK(refusal(change) == "invalid_required_approvals");
  }
}
