#include "core/gates.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/ref_pattern.h"

namespace esclusa::core {
namespace {

constexpr std::string_view branches = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

/// Whether any of the patterns matches the name of the ref.
bool any_matches(const std::vector<std::string>& patterns, std::string_view name) {
  return std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return matches_ref_pattern(pattern, name); });
}

/// Custom policies for branches and for tags match short names. A policy for branches also matches
/// any other ref (`refs/pull/1/merge`), by its full name. A bare commit has no name and matches
/// none.
bool is_allowed(BranchPolicyMode mode, RefKind kind, std::string_view full_name,
                const GateFacts& facts) {
  if (mode == BranchPolicyMode::protected_branches) {
    return kind == RefKind::branch &&
           (facts.protected_branches.empty() ||
            any_matches(facts.protected_branches, full_name.substr(branches.size())));
  }
  if (kind == RefKind::commit) return false;
  std::string_view name = full_name;
  if (kind == RefKind::branch) name.remove_prefix(branches.size());
  if (kind == RefKind::tag) name.remove_prefix(tags.size());
  const auto wanted = kind == RefKind::tag ? BranchPolicyKind::tag : BranchPolicyKind::branch;
  return std::ranges::any_of(facts.branch_policies, [&](const BranchPolicy& policy) {
    return policy.kind == wanted && matches_ref_pattern(policy.name, name);
  });
}

std::string_view word_for(RefKind kind) {
  switch (kind) {
    case RefKind::branch: return "Branch";
    case RefKind::tag: return "Tag";
    case RefKind::commit: return "Commit";
    case RefKind::other_ref: break;
  }
  return "Ref";
}

/// The message is GitHub's.
std::string forbidden(RefKind kind, const std::string& ref, const Environment& environment) {
  return std::string(word_for(kind)) + " \"" + ref + "\" is not allowed to deploy to " +
         environment.name.name + " due to environment protection rules.";
}

/// Judges each kind of gate. The verdicts do not have the rule's id yet.
struct Judge {
  const Environment& environment;
  const Deployment& deployment;
  const GateFacts& facts;
  ProtectionRuleId rule_id;

  GateVerdict operator()(const BranchPolicyRule& rule) const {
    GateVerdict verdict;
    verdict.reason_code = "branch_policy";
    if (is_allowed(rule.mode, deployment.ref_kind, deployment.ref_name, facts)) {
      verdict.state = GateState::open;
      verdict.message = "The ref may be deployed here.";
    } else {
      verdict.message = forbidden(deployment.ref_kind, deployment.ref, environment);
    }
    return verdict;
  }

  GateVerdict operator()(const WaitTimerRule& rule) const {
    GateVerdict verdict;
    verdict.reason_code = "wait_timer";
    const Timestamp ends = wait_ends_at(deployment, rule, facts.now);
    if (ends <= facts.now.wall) {
      verdict.state = GateState::open;
      verdict.message = "The wait is over.";
    } else {
      verdict.opens_at = ends;
      verdict.message = "The wait timer runs until " + format_time(ends) + ".";
    }
    return verdict;
  }

  GateVerdict operator()(const RequiredReviewersRule& rule) const {
    GateVerdict verdict;
    verdict.reason_code = "required_reviewers";
    const std::set<AccountId> approved = approvals(rule);
    const auto count = static_cast<int>(approved.size());
    if (count >= rule.required_approvals) {
      verdict.state = GateState::open;
      verdict.message = "Enough reviewers have approved.";
      return verdict;
    }
    verdict.message = std::to_string(rule.required_approvals - count) + " of " +
                      std::to_string(rule.required_approvals) + " approvals are missing.";
    for (const Reviewer& reviewer : rule.reviewers) {
      const auto* account = std::get_if<AccountId>(&reviewer.id);
      const bool is_creator = account != nullptr && *account == who_answers_for(deployment.creator);
      if ((is_creator && rule.prevent_self_review) ||
          (account != nullptr &&
           (approved.contains(*account) || facts.unentitled.contains(*account)))) {
        continue;
      }
      verdict.openers.push_back(reviewer);
    }
    return verdict;
  }

  /// The people whose approvals count: for this deployment and commit, by this version of the rule.
  std::set<AccountId> approvals(const RequiredReviewersRule& rule) const {
    std::set<AccountId> people;
    const AccountId creator = who_answers_for(deployment.creator);
    for (const DeploymentReview& review : facts.reviews) {
      if (review.state == ReviewState::approved && review.deployment_id == deployment.id &&
          review.rule_id == rule_id && review.sha == deployment.sha && review.is_entitled &&
          !(rule.prevent_self_review && review.human_id == creator)) {
        people.insert(review.human_id);
      }
    }
    return people;
  }
};

}  // namespace

std::vector<GateVerdict> judge_gates(const Environment& environment, const Deployment& deployment,
                                     const GateFacts& facts) {
  std::vector<GateVerdict> verdicts;
  for (const ProtectionRule& rule : environment.rules) {
    GateVerdict verdict = std::visit(Judge{environment, deployment, facts, rule.id}, rule.gate);
    verdict.kind = rule.kind();
    verdict.rule_id = rule.id;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

bool all_open(const std::vector<GateVerdict>& verdicts) {
  return std::ranges::none_of(
      verdicts, [](const GateVerdict& verdict) { return verdict.state == GateState::shut; });
}

std::string shut_gates(const std::vector<GateVerdict>& verdicts) {
  std::vector<std::string> names;
  for (const GateVerdict& verdict : verdicts) {
    if (verdict.state == GateState::shut) names.emplace_back(to_name(verdict.kind));
  }
  return join(names, ", ");
}

bool starts_asking_for_review(const std::vector<GateVerdict>& before,
                              const std::vector<GateVerdict>& after) {
  auto asks = [](const GateVerdict& verdict) {
    return verdict.kind == GateKind::required_reviewers && verdict.state == GateState::shut;
  };
  return std::ranges::any_of(after, [&](const GateVerdict& now) {
    return asks(now) && std::ranges::none_of(before, [&](const GateVerdict& then) {
             return asks(then) && then.rule_id == now.rule_id;
           });
  });
}

std::vector<GateVerdict> bypass(std::vector<GateVerdict> verdicts, const Account& administrator) {
  for (GateVerdict& verdict : verdicts) {
    if (verdict.state != GateState::shut || verdict.kind == GateKind::branch_policy) continue;
    verdict.state = GateState::bypassed;
    verdict.message = administrator.login + " went past it.";
    verdict.openers.clear();
    verdict.opens_at.reset();
  }
  return verdicts;
}

Result<void> check_branch_policy(const Environment& environment, const ResolvedRef& ref,
                                 const std::string& given_ref, const GateFacts& facts) {
  const auto* rule = environment.find<BranchPolicyRule>();
  if (rule == nullptr || is_allowed(rule->mode, ref.kind, ref.full_name, facts)) return {};
  return fail(ErrorCode::invalid, forbidden(ref.kind, given_ref, environment), "branch_policy");
}

AccountId who_answers_for(const Account& account) {
  return account.kind == AccountKind::bot ? account.human_id.value_or(account.id) : account.id;
}

Result<void> check_reviewer(const RequiredReviewersRule& rule, const Deployment& deployment,
                            const Account& reviewer, bool is_entitled) {
  if (!is_entitled) {
    return fail(ErrorCode::forbidden,
                reviewer.login + " is not a required reviewer of " +
                    deployment.original_environment.name + ".",
                "not_a_reviewer");
  }
  if (rule.prevent_self_review &&
      who_answers_for(reviewer) == who_answers_for(deployment.creator)) {
    return fail(ErrorCode::invalid,
                "Who created a deployment may not review it: " +
                    deployment.original_environment.name + " prevents self-review.",
                "self_review_prevented");
  }
  return {};
}

Timestamp wait_ends_at(const Deployment& deployment, const WaitTimerRule& timer,
                       const GateTime& now) {
  const auto wait = std::chrono::minutes(timer.minutes);
  const BootTime& start = deployment.boot;
  if (start.boot_id.empty() || start.boot_id != now.boot.boot_id) {
    return deployment.created_at + wait;
  }
  return now.wall + (start.since_boot + wait - now.boot.since_boot);
}

}  // namespace esclusa::core
