#pragma once
#include <optional>
#include <vector>

#include "core/actor.h"
#include "core/repository.h"
#include "core/review.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the review; `review.id` is ignored. nullopt if the same account has already approved by
/// the same rule.
std::optional<DeploymentReviewId> insert_review(sql::Writer& tx,
                                                const core::DeploymentReview& review,
                                                const core::Actor& reviewer);
/// Newest first; `is_entitled` is not set.
std::vector<core::DeploymentReview> list_reviews(sql::Reader& db, DeploymentId deployment);
/// Whether the account may review by the rule now: the rule names it or a team of it, it holds a
/// role in the repository, and it is not blocked. For a bot, the human who answers for it must also
/// hold a role and not be blocked: the approval is the human's.
bool may_review(sql::Reader& db, const core::Repository& repository, ProtectionRuleId rule,
                const core::Account& account);
/// Whether the account, and the human who answers for it, hold a granted role in the repository.
/// Public read access does not count.
bool holds_role(sql::Reader& db, const core::Repository& repository, const core::Account& account);

}  // namespace esclusa::store
