#pragma once
#include <optional>
#include <set>
#include <vector>

#include "core/gates.h"
#include "core/principal.h"
#include "sql/connection.h"

namespace esclusa::store {

/// What the gates of the environment are judged by; `deployment` may have no id yet.
core::GateFacts gather_gate_facts(sql::Connection& db, const core::Environment& environment,
                                  const core::Deployment& deployment, const core::GateTime& now);
/// Whom the environment's rule names in person, and who may not review today.
std::set<AccountId> list_unentitled(sql::Connection& db, const core::Environment& environment);

/// Replaces the verdicts that are stored with the deployment.
void save_verdicts(sql::Connection& tx, DeploymentId deployment,
                   const std::vector<core::GateVerdict>& verdicts, Timestamp now);
/// As they were last judged, without those who could open them.
std::vector<core::GateVerdict> list_verdicts(sql::Connection& db, DeploymentId deployment);

/// `review.id` is ignored. Nothing if the same account has approved by the same rule.
std::optional<DeploymentReviewId> insert_review(sql::Connection& tx,
                                                const core::DeploymentReview& review,
                                                const core::Principal& reviewer);
/// Newest first; `is_entitled` is left open.
std::vector<core::DeploymentReview> list_reviews(sql::Connection& db, DeploymentId deployment);
/// Whether the account may review by the rule today: the rule names it or a team of it, it holds a
/// role in the repository, and it is not blocked. The human who answers for a bot must hold a role
/// and not be blocked, too: it is the human's approval.
bool may_review(sql::Connection& db, const core::Repository& repository, ProtectionRuleId rule,
                const core::Account& account);
/// Whether the account, and the human who answers for it, hold a role there; that everybody may
/// read what is public does not count.
bool holds_role(sql::Connection& db, const core::Repository& repository,
                const core::Account& account);

}  // namespace esclusa::store
