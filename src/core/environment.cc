#include "core/environment.h"

#include <algorithm>

#include "base/json_writer.h"
#include "base/limits.h"

namespace esclusa::core {
namespace {

std::unexpected<Error> invalid(const std::string& field, std::string message) {
  // GitHub puts the text of such a refusal into `message`, and sends no `errors`.
  return fail(ErrorCode::invalid, std::move(message), "invalid_" + field);
}

/// The environment's rule whose gate satisfies `is_same`, or a new rule.
template <class Gate, class IsSame>
ProtectionRule keep_or_make(const Environment& environment, Gate gate, IsSame is_same) {
  for (const ProtectionRule& rule : environment.rules) {
    const Gate* present = std::get_if<Gate>(&rule.gate);
    if (present != nullptr && is_same(*present)) return rule;
  }
  return {{}, std::move(gate)};
}

std::vector<ReviewerId> ids_of(const std::vector<Reviewer>& reviewers) {
  std::vector<ReviewerId> ids;
  for (const Reviewer& reviewer : reviewers) ids.push_back(reviewer.id);
  return ids;
}

Result<void> check_count(size_t reviewers) {
  if (reviewers <= limits::reviewers) return {};
  return invalid("reviewers",
                 "There can be at most " + std::to_string(limits::reviewers) + " reviewers");
}

bool has_team(const RequiredReviewersRule& rule) {
  return std::ranges::any_of(rule.reviewers, [](const Reviewer& reviewer) {
    return std::holds_alternative<TeamId>(reviewer.id);
  });
}

}  // namespace

Result<void> check_environment_change(const EnvironmentChange& change) {
  if (change.wait_timer &&
      (*change.wait_timer < 0 || *change.wait_timer > limits::wait_timer_minutes)) {
    return invalid("wait_timer", "wait_timer must be between 0 and " +
                                     std::to_string(limits::wait_timer_minutes) + " minutes");
  }
  if (change.reviewers) {
    TRY(check_count(change.reviewers->size()));
    auto sorted = *change.reviewers;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) {
      return invalid("reviewers", "A reviewer is named twice");
    }
  }
  if (change.required_approvals &&
      (*change.required_approvals < 1 ||
       *change.required_approvals > static_cast<int>(limits::reviewers))) {
    return invalid("required_approvals",
                   "required_approvals must be between 1 and " + std::to_string(limits::reviewers));
  }
  return {};
}

std::string audit_detail(const Environment& environment) {
  JsonWriter json;
  json.begin_object().member("environment", environment.name.name);
  for (const ProtectionRule& rule : environment.rules) {
    std::visit([&](const auto& gate) { gate.write_audit(json); }, rule.gate);
  }
  json.member("required_approvals", environment.reviews.required_approvals)
      .member("prevent_self_review", environment.reviews.prevent_self_review)
      .member("can_admins_bypass", environment.can_admins_bypass)
      .end_object();
  return json.take();
}

ReviewSettings reviews_after(const Environment& environment, const EnvironmentChange& change) {
  return {change.required_approvals.value_or(environment.reviews.required_approvals),
          change.prevent_self_review.value_or(environment.reviews.prevent_self_review)};
}

Result<std::vector<ProtectionRule>> rules_after(const Environment& environment,
                                                const EnvironmentChange& change,
                                                const std::vector<Reviewer>& reviewers) {
  std::vector<ProtectionRule> rules;
  auto policy = environment.find<BranchPolicyRule>();
  std::optional<BranchPolicyMode> mode;
  if (policy != nullptr) mode = policy->mode;
  if (mode = change.branch_policy.value_or(mode); mode) {
    const BranchPolicyRule gate{*mode};
    rules.push_back(keep_or_make(environment, gate,
                                 [&](const BranchPolicyRule& present) { return present == gate; }));
  }

  auto timer = environment.find<WaitTimerRule>();
  const WaitTimerRule wait{change.wait_timer.value_or(timer != nullptr ? timer->minutes : 0)};
  if (wait.minutes > 0) {
    rules.push_back(keep_or_make(environment, wait,
                                 [&](const WaitTimerRule& present) { return present == wait; }));
  }

  auto present = environment.find<RequiredReviewersRule>();
  const ReviewSettings settings = reviews_after(environment, change);
  RequiredReviewersRule review{{}, settings.required_approvals, settings.prevent_self_review};
  if (present != nullptr) review.reviewers = present->reviewers;
  if (change.reviewers) review.reviewers = reviewers;
  if (!review.reviewers.empty()) {
    TRY(check_count(review.reviewers.size()));
    // The number of a team's members is not checked: it changes independently.
    if (!has_team(review) &&
        static_cast<size_t>(review.required_approvals) > review.reviewers.size()) {
      return invalid("required_approvals",
                     "required_approvals is " + std::to_string(review.required_approvals) +
                         ", but there are only " + std::to_string(review.reviewers.size()) +
                         " reviewers");
    }
    rules.push_back(keep_or_make(environment, review, [&](const RequiredReviewersRule& former) {
      return ids_of(former.reviewers) == ids_of(review.reviewers) &&
             former.required_approvals == review.required_approvals &&
             former.prevent_self_review == review.prevent_self_review;
    }));
  }
  return rules;
}

}  // namespace esclusa::core
