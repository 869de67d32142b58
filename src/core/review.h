#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/account.h"
#include "core/deployment.h"
#include "core/environment.h"

namespace esclusa::core {

enum class ReviewState { approved, rejected, bypassed };

/// A decision about one deployment, made under one version of the environment's reviewers rule.
struct DeploymentReview {
  DeploymentReviewId id;
  DeploymentId deployment_id;
  EnvironmentId environment_id;
  EnvironmentName environment;
  std::optional<ProtectionRuleId> rule_id;  ///< nothing: a bypass, which has no rule
  std::string sha;
  ReviewState state = ReviewState::approved;
  Account reviewer;
  AccountId human_id;  ///< the person responsible for the reviewer
  std::string comment;
  Timestamp created_at{};
  /// Whether the reviewer may still review under that rule (store::may_review).
  bool is_entitled = false;
};

/// A review as it is sent. It is for one deployment: GitHub's workflow run is a deployment here.
struct NewReview {
  std::vector<EnvironmentId> environment_ids;
  ReviewState state = ReviewState::approved;
  std::string comment;
};

/// A held deployment: an element of GitHub's pending deployments.
struct PendingDeployment {
  Deployment deployment;
  EnvironmentDetails environment;
  bool current_user_can_approve = false;
};

/// The reviews of a deployment, newest first, and its environment if that still exists.
struct ReviewHistory {
  std::vector<DeploymentReview> reviews;
  std::optional<Environment> environment;
};

template <>
struct enum_names<ReviewState> {
  static constexpr NameTable<ReviewState, 3> values{{{ReviewState::approved, "approved"},
                                                     {ReviewState::rejected, "rejected"},
                                                     {ReviewState::bypassed, "bypassed"}}};
};

}  // namespace esclusa::core
