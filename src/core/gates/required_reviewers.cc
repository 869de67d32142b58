#include "core/gates/required_reviewers.h"

#include <set>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "core/gates.h"

namespace esclusa::core {
namespace {

/// The people whose approvals count: for this deployment and commit, by this version of the rule.
std::set<AccountId> approvals(const RequiredReviewersRule& rule, const GateCase& at) {
  std::set<AccountId> people;
  const AccountId creator = who_answers_for(at.deployment.creator);
  for (const DeploymentReview& review : at.facts.reviews) {
    if (review.state == ReviewState::approved && review.deployment_id == at.deployment.id &&
        review.rule_id == at.rule_id && review.sha == at.deployment.sha && review.is_entitled &&
        !(rule.prevent_self_review && review.human_id == creator)) {
      people.insert(review.human_id);
    }
  }
  return people;
}

}  // namespace

GateVerdict RequiredReviewersRule::judge(const GateCase& at) const {
  GateVerdict verdict;
  verdict.reason_code = "required_reviewers";
  const std::set<AccountId> approved = approvals(*this, at);
  const auto count = static_cast<int>(approved.size());
  verdict.numbers = {{"required_approvals", required_approvals}, {"given_approvals", count}};
  if (count >= required_approvals) {
    verdict.state = GateState::open;
    verdict.message = "Enough reviewers have approved.";
    return verdict;
  }
  verdict.message = std::to_string(required_approvals - count) + " of " +
                    std::to_string(required_approvals) + " approvals are missing.";
  for (const Reviewer& reviewer : reviewers) {
    const auto* account = std::get_if<AccountId>(&reviewer.id);
    const bool is_creator =
        account != nullptr && *account == who_answers_for(at.deployment.creator);
    if ((is_creator && prevent_self_review) ||
        (account != nullptr &&
         (approved.contains(*account) || at.facts.unentitled.contains(*account)))) {
      continue;
    }
    verdict.openers.push_back(reviewer);
  }
  return verdict;
}

void RequiredReviewersRule::write_settings(JsonWriter& json) const {
  json.member("required_approvals", required_approvals)
      .member("prevent_self_review", prevent_self_review);
}

bool RequiredReviewersRule::read_settings(const Json& settings) {
  // 0 would mean that there is no gate.
  const int64_t approvals = settings.integer_at("required_approvals").value_or(0);
  const auto self_review = settings.find("prevent_self_review");
  const auto prevented = self_review ? self_review->boolean() : std::nullopt;
  if (approvals < 1 || !std::in_range<int>(approvals) || !prevented) return false;
  required_approvals = static_cast<int>(approvals);
  prevent_self_review = *prevented;
  return true;
}

void RequiredReviewersRule::write_audit(JsonWriter& json) const {
  json.key("reviewers").begin_array();
  for (const Reviewer& reviewer : reviewers) json.value(reviewer.name);
  json.end_array();
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

}  // namespace esclusa::core
