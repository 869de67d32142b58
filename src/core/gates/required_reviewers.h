#pragma once
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/deployment.h"
#include "core/gates/kind.h"

namespace esclusa::core {

using ReviewerId = std::variant<AccountId, TeamId>;

/// An account or team whose approval counts. `name` is a login, or `organization/team-slug`.
struct Reviewer {
  ReviewerId id;
  std::string name;
};

/// The rule needs `required_approvals` approvals by the reviewers. The reviewers are no settings:
/// they are rows of their own, which refer to accounts and teams. Numbers of a verdict:
/// `required_approvals`, and `given_approvals`, of which only those that count.
struct RequiredReviewersRule {
  static constexpr GateKind kind = GateKind::required_reviewers;
  static constexpr bool can_be_bypassed = true;

  std::vector<Reviewer> reviewers;
  int required_approvals = 1;
  bool prevent_self_review = false;

  GateVerdict judge(const GateCase& at) const;
  void write_settings(JsonWriter& json) const;
  bool read_settings(const Json& settings);
  void write_audit(JsonWriter& json) const;
};

/// Whether `reviewer` may review the deployment under the rule. `is_entitled` is as in
/// DeploymentReview. 403 `not_a_reviewer`, 422 `self_review_prevented`.
Result<void> check_reviewer(const RequiredReviewersRule& rule, const Deployment& deployment,
                            const Account& reviewer, bool is_entitled);

}  // namespace esclusa::core
