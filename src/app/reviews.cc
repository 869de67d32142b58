#include "app/reviews.h"

#include <algorithm>

#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/review_events.h"
#include "app/reviewers.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/reviews.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// The rule that requires reviews; nullptr if there is none.
const core::ProtectionRule* find_review_rule(const core::Environment& environment) {
  for (const core::ProtectionRule& rule : environment.rules) {
    if (rule.kind() == core::GateKind::required_reviewers) return &rule;
  }
  return nullptr;
}

/// Checks whether `access` may review the deployment by the rule.
Result<void> check_may_review(Reader& db, const RepositoryAccess& access,
                              const core::Deployment& deployment,
                              const core::ProtectionRule& rule) {
  const core::Account& account = access.actor.sender();
  return core::check_reviewer(std::get<core::RequiredReviewersRule>(rule.gate), deployment, account,
                              store::may_review(db, access.repository, rule.id, account));
}

core::DeploymentReview make_review(const Change& change, const HeldDeployment& held,
                                   core::ReviewState state, const std::string& comment) {
  core::DeploymentReview review;
  review.deployment_id = held.deployment.id;
  review.environment_id = held.environment.id;
  review.environment = held.environment.name;
  review.sha = held.deployment.sha;
  review.state = state;
  review.reviewer = change.actor.sender();
  review.human_id = change.actor.human();
  review.comment = comment;
  review.created_at = change.now;
  return review;
}

/// Whether the human already has an approval by an account that may still review by the rule.
bool has_approved(Reader& db, const RepositoryAccess& access,
                  const core::DeploymentReview& review) {
  const auto counts = [&](const core::DeploymentReview& each) {
    return each.state == core::ReviewState::approved && each.rule_id == review.rule_id &&
           each.human_id == review.human_id &&
           store::may_review(db, access.repository, *review.rule_id, each.reviewer);
  };
  return std::ranges::any_of(store::list_reviews(db, review.deployment_id), counts);
}

Result<core::Deployment> record_review(Change& change, const RepositoryAccess& access,
                                       HeldDeployment held, const core::NewReview& input,
                                       const core::Commit& head) {
  if (std::ranges::find(input.environment_ids, held.environment.id) ==
          input.environment_ids.end() ||
      input.environment_ids.size() != 1) {
    return fail(ErrorCode::invalid,
                "environment_ids must name the one environment that the deployment waits for.",
                "environment_not_waiting");
  }
  const core::ProtectionRule* rule = find_review_rule(held.environment);
  if (rule == nullptr) {
    return fail(ErrorCode::invalid, held.environment.name.name + " asks for no review.",
                "no_review_required");
  }
  TRY(check_may_review(change.rows, access, held.deployment, *rule));
  core::DeploymentReview review = make_review(change, held, input.state, input.comment);
  review.rule_id = rule->id;
  const bool again =
      input.state == core::ReviewState::approved && has_approved(change.rows, access, review);
  if (again || !store::insert_review(change.rows, review, change.actor)) {
    return fail(ErrorCode::invalid, review.reviewer.login + " has approved this deployment before.",
                "already_approved");
  }
  change.audit({"deployment_review." + std::string(core::to_name(input.state)),
                access.repository.id, held.deployment.id.value},
               held.environment.name.name);
  announce_review(change, access.repository, {held.deployment, held.environment, head}, review);
  if (input.state == core::ReviewState::approved) {
    judge_again(change, access.repository, held.deployment);
  } else {
    end_held(change, held.deployment, core::DeploymentTrigger::review_rejected);
    record_status(change, access.repository, held.deployment, core::DeploymentState::failure,
                  "Rejected by " + review.reviewer.login + ".");
  }
  return held.deployment;
}

Result<void> check_comment(const std::string& comment) {
  if (utf8_length(comment) <= limits::review_comment_chars) return {};
  return fail_validation(
      {"DeploymentReview", "comment", "custom",
       "comment is too long (maximum is " + std::to_string(limits::review_comment_chars) + ")"},
      "too_long");
}

}  // namespace

Result<std::optional<core::PendingDeployment>> find_pending(Reader& db,
                                                            const RepositoryAccess& access,
                                                            DeploymentId id) {
  auto deployment = store::find_deployment(db, access.repository.id, id);
  if (!deployment) return not_found();
  auto environment = store::find_environment(db, deployment->environment.id);
  if (deployment->phase != core::DeploymentPhase::held || !environment) return std::nullopt;
  core::PendingDeployment pending{*std::move(deployment),
                                  details_for(db, access.actor, *std::move(environment)), false};
  const core::ProtectionRule* rule = find_review_rule(pending.environment);
  pending.current_user_can_approve =
      rule != nullptr && access.actor.account() != nullptr &&
      check_may_review(db, access, pending.deployment, *rule).has_value();
  return pending;
}

Result<core::Deployment> review_deployment(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewReview& input) {
  TRY(check_comment(input.comment));
  const core::Commit head = TRY(read_head(context, access.repository, id));
  return change(context, access.actor, [&](Change& change) -> Result<core::Deployment> {
    HeldDeployment held = TRY(find_held(change.rows, access.repository.id, id));
    return record_review(change, access, std::move(held), input, head);
  });
}

Result<core::ReviewHistory> list_reviews(Reader& db, const RepositoryAccess& access,
                                         DeploymentId id) {
  const auto deployment = store::find_deployment(db, access.repository.id, id);
  if (!deployment) return not_found();
  return core::ReviewHistory{store::list_reviews(db, id),
                             store::find_environment(db, deployment->original_environment.id)};
}

Result<core::Deployment> bypass_gates(const Context& context, const RepositoryAccess& access,
                                      DeploymentId id, const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == reason.npos) {
    return fail(ErrorCode::invalid, "Going past the gates needs a reason.",
                "bypass_reason_missing");
  }
  TRY(check_comment(reason));
  const core::Commit head = TRY(read_head(context, access.repository, id));
  return change(context, access.actor, [&](Change& change) -> Result<core::Deployment> {
    HeldDeployment held = TRY(find_held(change.rows, access.repository.id, id));
    if (!held.environment.can_admins_bypass) {
      return fail(ErrorCode::forbidden,
                  held.environment.name.name + " lets nobody go past its gates.",
                  "bypass_not_allowed");
    }
    const auto review = make_review(change, held, core::ReviewState::bypassed, reason);
    store::insert_review(change.rows, review, change.actor);
    announce_review(change, access.repository, {held.deployment, held.environment, head}, review);
    change.audit({"deployment.bypass", access.repository.id, id.value,
                  wire::audit_detail({{"reason", reason}})},
                 held.environment.name.name);
    if (!judge_again(change, access.repository, held.deployment, true)) {
      return fail(ErrorCode::invalid,
                  "The branch policy of " + held.environment.name.name +
                      " forbids the ref; nobody goes past it.",
                  "branch_policy");
    }
    return held.deployment;
  });
}

}  // namespace esclusa::app
