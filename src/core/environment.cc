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

/// Puts `gate` in the place of the rules of its kind; nothing: removes them. A rule whose gate
/// satisfies `is_same` stays. Rules of other kinds stay, too.
template <class Gate, class IsSame>
void set_rule(std::vector<ProtectionRule>& rules, std::optional<Gate> gate, IsSame is_same) {
  auto is_of_kind = [](const ProtectionRule& rule) { return rule.kind() == Gate::kind; };
  std::erase_if(rules, [&](const ProtectionRule& rule) {
    return is_of_kind(rule) && !(gate && is_same(std::get<Gate>(rule.gate)));
  });
  if (gate && std::ranges::none_of(rules, is_of_kind)) rules.push_back({{}, *std::move(gate)});
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

/// The apps of the custom rules, which are one member of the audit row.
void write_apps(JsonWriter& json, const Environment& environment) {
  if (environment.find<CustomRule>() == nullptr) return;
  json.key("apps").begin_array();
  for (const ProtectionRule& rule : environment.rules) {
    if (const auto* custom = std::get_if<CustomRule>(&rule.gate)) json.value(custom->app.slug);
  }
  json.end_array();
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
  write_apps(json, environment);
  json.member("required_approvals", environment.reviews.required_approvals)
      .member("prevent_self_review", environment.reviews.prevent_self_review)
      .member("can_admins_bypass", environment.can_admins_bypass)
      .member("requires_claim", environment.requires_claim)
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
  std::vector<ProtectionRule> rules = environment.rules;
  auto policy = environment.find<BranchPolicyRule>();
  std::optional<BranchPolicyMode> mode;
  if (policy != nullptr) mode = policy->mode;
  std::optional<BranchPolicyRule> allowed;
  if (mode = change.branch_policy.value_or(mode); mode) allowed = BranchPolicyRule{*mode};
  set_rule(rules, allowed, [&](const BranchPolicyRule& present) { return present == *allowed; });

  auto timer = environment.find<WaitTimerRule>();
  const int minutes = change.wait_timer.value_or(timer != nullptr ? timer->minutes : 0);
  std::optional<WaitTimerRule> wait;
  if (minutes > 0) wait = WaitTimerRule{minutes};
  set_rule(rules, wait, [&](const WaitTimerRule& present) { return present == *wait; });

  auto present = environment.find<RequiredReviewersRule>();
  const ReviewSettings settings = reviews_after(environment, change);
  RequiredReviewersRule review{{}, settings.required_approvals, settings.prevent_self_review};
  if (present != nullptr) review.reviewers = present->reviewers;
  if (change.reviewers) review.reviewers = reviewers;
  std::optional<RequiredReviewersRule> required;
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
    required = review;
  }
  set_rule(rules, required, [&](const RequiredReviewersRule& former) {
    return ids_of(former.reviewers) == ids_of(review.reviewers) &&
           former.required_approvals == review.required_approvals &&
           former.prevent_self_review == review.prevent_self_review;
  });
  std::ranges::stable_sort(rules, {}, &ProtectionRule::kind);
  return rules;
}

}  // namespace esclusa::core
