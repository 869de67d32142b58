#pragma once
#include <optional>
#include <vector>

#include "core/gates.h"
#include "core/principal.h"
#include "sql/connection.h"

namespace esclusa::store {

/// What the gates of the environment are judged by; `deployment` may have no id yet.
core::GateFacts gather_gate_facts(sql::Connection& db, const core::Environment& environment,
                                  const core::Deployment& deployment, const core::GateTime& now);

/// Replaces the verdicts that are stored with the deployment.
void save_verdicts(sql::Connection& tx, DeploymentId deployment,
                   const std::vector<core::GateVerdict>& verdicts, Timestamp now);
/// As they were last judged, without those who could open them.
std::vector<core::GateVerdict> list_verdicts(sql::Connection& db, DeploymentId deployment);

/// `review.id` is ignored. Nothing if the same human has approved by the same rule.
std::optional<DeploymentReviewId> insert_review(sql::Connection& tx,
                                                const core::DeploymentReview& review,
                                                const core::Principal& reviewer);
/// Newest first.
std::vector<core::DeploymentReview> list_reviews(sql::Connection& db, DeploymentId deployment);
/// Whether the rule names the account or a team of it, and the account is not blocked.
bool is_reviewer(sql::Connection& db, ProtectionRuleId rule, AccountId account);

}  // namespace esclusa::store
