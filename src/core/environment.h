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

/// A kind of protection rule. Each is a rule type of GitHub's, with a struct below.
enum class GateKind { branch_policy, wait_timer, required_reviewers };

enum class BranchPolicyMode { protected_branches, custom_branch_policies };

/// Only some refs may be deployed.
struct BranchPolicyRule {
  BranchPolicyMode mode = BranchPolicyMode::protected_branches;
  bool operator==(const BranchPolicyRule&) const = default;
};

/// Deployments wait this many minutes after their creation.
struct WaitTimerRule {
  int minutes = 0;
  bool operator==(const WaitTimerRule&) const = default;
};

using ReviewerId = std::variant<AccountId, TeamId>;

/// An account or team whose approval counts. `name` is a login, or `organization/team-slug`.
struct Reviewer {
  ReviewerId id;
  std::string name;
};

/// The rule needs `required_approvals` approvals by the reviewers.
struct RequiredReviewersRule {
  std::vector<Reviewer> reviewers;
  int required_approvals = 1;
  bool prevent_self_review = false;
};

/// How reviews of an environment are judged. The settings belong to the reviewers rule; without
/// reviewers they are kept for the next such rule.
struct ReviewSettings {
  int required_approvals = 1;
  bool prevent_self_review = false;
};

/// A protection rule of an environment. A rule never changes: a changed rule gets a new id.
struct ProtectionRule {
  ProtectionRuleId id;
  std::variant<BranchPolicyRule, WaitTimerRule, RequiredReviewersRule> gate;

  GateKind kind() const { return static_cast<GateKind>(gate.index()); }
};

/// The kind of refs that a branch policy allows in mode `custom_branch_policies`. It never changes.
enum class BranchPolicyKind { branch, tag };

struct BranchPolicy {
  BranchPolicyId id;
  BranchPolicyKind kind = BranchPolicyKind::branch;
  std::string name;  ///< a pattern, see core/ref_pattern.h
};

/// A place to deploy to, and its protection rules.
struct Environment {
  EnvironmentId id;
  RepositoryId repository_id;
  EnvironmentName name;
  bool can_admins_bypass = true;
  ReviewSettings reviews = {};
  std::vector<ProtectionRule> rules;  ///< at most one of each kind, ordered by kind
  Timestamp created_at{};
  Timestamp updated_at{};

  /// The rule of that kind; nullptr if there is none.
  template <class Gate>
  const Gate* find() const {
    for (const ProtectionRule& rule : rules) {
      if (const Gate* gate = std::get_if<Gate>(&rule.gate)) return gate;
    }
    return nullptr;
  }
  /// Whether the branch policy's mode is `custom_branch_policies`.
  bool has_custom_policies() const {
    const auto* gate = find<BranchPolicyRule>();
    return gate != nullptr && gate->mode == BranchPolicyMode::custom_branch_policies;
  }
};

/// A reviewer with all its data: an account or a team.
using ReviewerProfile = std::variant<Account, Team>;

/// An environment as answers show it.
struct EnvironmentDetails : Environment {
  std::vector<ReviewerProfile> reviewers;  ///< the reviewers of its rule, in the rule's order
};

/// The body of `PUT …/environments/{name}`. Absent fields stay unchanged, so that a client that
/// does not know a gate cannot open it; GitHub's `null`, 0 and `[]` clear.
struct EnvironmentChange {
  std::optional<int> wait_timer;
  std::optional<bool> prevent_self_review;
  std::optional<std::vector<ReviewerId>> reviewers;
  std::optional<int> required_approvals;  ///< Esclusa's own
  std::optional<std::optional<BranchPolicyMode>> branch_policy;
  std::optional<bool> can_admins_bypass;
};

/// Checks ranges and counts.
Result<void> check_environment_change(const EnvironmentChange& change);

/// The review settings of `environment` after the change.
ReviewSettings reviews_after(const Environment& environment, const EnvironmentChange& change);
/// The rules of `environment` after the change. Unchanged rules keep their ids; new ones have none
/// yet. `reviewers` are the reviewers after the change, with names. 422 if there are too many
/// reviewers, or if more approvals are required than there are users who could give them.
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
