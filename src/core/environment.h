#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/deployment.h"
#include "core/gates/rule.h"
#include "core/team.h"

namespace esclusa::core {

/// How reviews of an environment are judged. The settings belong to the reviewers rule; without
/// reviewers they are kept for the next such rule.
struct ReviewSettings {
  int required_approvals = 1;
  bool prevent_self_review = false;
};

/// A protection rule of an environment. A rule never changes: a changed rule gets a new id.
struct ProtectionRule {
  ProtectionRuleId id;
  GateRule gate;

  GateKind kind() const {
    return std::visit([](const auto& rule) { return rule.kind; }, gate);
  }
};

/// A place to deploy to, and its protection rules.
struct Environment {
  EnvironmentId id;
  RepositoryId repository_id;
  EnvironmentName name;
  bool can_admins_bypass = true;
  ReviewSettings reviews = {};
  /// Whether a status of its deployments needs a claim (core/claim.h).
  bool requires_claim = false;
  std::vector<ProtectionRule> rules;  ///< by kind; at most one of each but custom rules
  Timestamp created_at{};
  Timestamp updated_at{};

  /// The first rule of that kind; nullptr if there is none.
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
  std::optional<bool> requires_claim = {};  ///< Esclusa's own
};

/// Checks ranges and counts.
Result<void> check_environment_change(const EnvironmentChange& change);

/// The detail of an audit row about the environment: JSON text with its gates as they are.
std::string audit_detail(const Environment& environment);

/// The review settings of `environment` after the change.
ReviewSettings reviews_after(const Environment& environment, const EnvironmentChange& change);
/// The rules of `environment` after the change. Unchanged rules keep their ids; new ones have none
/// yet. `reviewers` are the reviewers after the change, with names. 422 if there are too many
/// reviewers, or if more approvals are required than there are users who could give them.
Result<std::vector<ProtectionRule>> rules_after(const Environment& environment,
                                                const EnvironmentChange& change,
                                                const std::vector<Reviewer>& reviewers);

}  // namespace esclusa::core
