#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/deployment.h"
#include "core/enum_names.h"
#include "core/team.h"

namespace esclusa::core {

/// What guards an environment. Each kind is a rule type of GitHub's, with a struct below.
enum class GateKind { branch_policy, wait_timer, required_reviewers };

enum class BranchPolicyMode { protected_branches, custom_branch_policies };

/// Only some refs may be deployed.
struct BranchPolicyRule {
  BranchPolicyMode mode = BranchPolicyMode::protected_branches;
  bool operator==(const BranchPolicyRule&) const = default;
};

/// Deployments wait for some minutes from their creation on.
struct WaitTimerRule {
  int minutes = 0;
  bool operator==(const WaitTimerRule&) const = default;
};

using ReviewerId = std::variant<AccountId, TeamId>;

/// Somebody whose approval counts. `name` is a login, or `organization/team-slug`.
struct Reviewer {
  ReviewerId id;
  std::string name;
};

/// `required_approvals` of the reviewers must approve.
struct RequiredReviewersRule {
  std::vector<Reviewer> reviewers;
  int required_approvals = 1;
  bool prevent_self_review = false;
};

/// How reviews of an environment are judged: what its rule has while there are reviewers, and what
/// a rule begins with when there are some.
struct ReviewSettings {
  int required_approvals = 1;
  bool prevent_self_review = false;
};

/// A gate of an environment. It never changes: one that differs has another id.
struct ProtectionRule {
  ProtectionRuleId id;
  std::variant<BranchPolicyRule, WaitTimerRule, RequiredReviewersRule> gate;

  GateKind kind() const { return static_cast<GateKind>(gate.index()); }
};

/// Refs that may be deployed where the mode is `custom_branch_policies`. The kind never changes.
enum class BranchPolicyKind { branch, tag };

struct BranchPolicy {
  BranchPolicyId id;
  BranchPolicyKind kind = BranchPolicyKind::branch;
  std::string name;  ///< a pattern, see core/ref_pattern.h
};

/// A place to deploy to, and what guards it.
struct Environment {
  EnvironmentId id;
  RepositoryId repository_id;
  EnvironmentName name;
  bool can_admins_bypass = true;
  ReviewSettings reviews = {};
  std::vector<ProtectionRule> rules;  ///< at most one of each kind, in the order of their kinds
  Timestamp created_at{};
  Timestamp updated_at{};

  /// The rule's gate; nullptr if there is none of that kind.
  template <class Gate>
  const Gate* find() const {
    for (const ProtectionRule& rule : rules) {
      if (const Gate* gate = std::get_if<Gate>(&rule.gate)) return gate;
    }
    return nullptr;
  }
  /// Whether the mode is `custom_branch_policies`.
  bool has_custom_policies() const {
    const auto* gate = find<BranchPolicyRule>();
    return gate != nullptr && gate->mode == BranchPolicyMode::custom_branch_policies;
  }
};

/// A reviewer in full: an account or a team.
using ReviewerProfile = std::variant<Account, Team>;

/// An environment as answers show it.
struct EnvironmentDetails : Environment {
  std::vector<ReviewerProfile> reviewers;  ///< those of its rule, in their order
};

/// The body of `PUT …/environments/{name}`. What is absent stays as it is, since a gate must not
/// open because a client does not know it; GitHub's `null`, 0 and `[]` clear.
struct EnvironmentChange {
  std::optional<int> wait_timer;
  std::optional<bool> prevent_self_review;
  std::optional<std::vector<ReviewerId>> reviewers;
  std::optional<int> required_approvals;  ///< ours
  std::optional<std::optional<BranchPolicyMode>> branch_policy;
  std::optional<bool> can_admins_bypass;
};

/// Checks ranges and counts.
Result<void> check_environment_change(const EnvironmentChange& change);

/// The settings that `environment` has after the change.
ReviewSettings reviews_after(const Environment& environment, const EnvironmentChange& change);
/// The rules that `environment` has after the change. Those that stay what they are keep their ids;
/// the others have none yet. `reviewers` are those that a change of them leads to, with names.
/// 422 if they are too many, or if more approvals are required than there are users who could give
/// them.
Result<std::vector<ProtectionRule>> rules_after(const Environment& environment,
                                                const EnvironmentChange& change,
                                                const std::vector<Reviewer>& reviewers);

template <>
struct enum_names<GateKind> {
  static constexpr NameTable<GateKind, 3> values{
      {{GateKind::branch_policy, "branch_policy"},
       {GateKind::wait_timer, "wait_timer"},
       {GateKind::required_reviewers, "required_reviewers"}}};
};

template <>
struct enum_names<BranchPolicyMode> {
  static constexpr NameTable<BranchPolicyMode, 2> values{
      {{BranchPolicyMode::protected_branches, "protected_branches"},
       {BranchPolicyMode::custom_branch_policies, "custom_branch_policies"}}};
};

template <>
struct enum_names<BranchPolicyKind> {
  static constexpr NameTable<BranchPolicyKind, 2> values{
      {{BranchPolicyKind::branch, "branch"}, {BranchPolicyKind::tag, "tag"}}};
};

}  // namespace esclusa::core
