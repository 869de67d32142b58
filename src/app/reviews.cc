#include "app/reviews.h"

#include <algorithm>

#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/review_events.h"
#include "app/reviewers.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/events.h"
#include "store/gates.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

/// The rule that requires reviews; nullptr if there is none.
const core::ProtectionRule* find_review_rule(const core::Environment& environment) {
  for (const core::ProtectionRule& rule : environment.rules) {
    if (rule.kind() == core::GateKind::required_reviewers) return &rule;
  }
  return nullptr;
}

/// A held deployment and its environment, read inside a transaction.
struct Held {
  core::Deployment deployment;
  core::Environment environment;
};

Result<Held> find_held(store::Connection& tx, RepositoryId repository, DeploymentId id) {
  store::lock_deployment(tx, id);
  auto deployment = store::find_deployment(tx, repository, id);
  if (!deployment) return not_found();
  // Every transition out of `held` is allowed exactly while the deployment is held.
  TRY(core::next_phase(*deployment, core::DeploymentTrigger::gates_opened));
  auto environment = store::find_environment(tx, deployment->environment.id);
  if (!environment) {
    return fail(ErrorCode::unavailable, "The gates of the deployment cannot be read.",
                "gates_unreadable");
  }
  return Held{*std::move(deployment), *std::move(environment)};
}

/// Checks whether `access` may review the deployment by the rule.
Result<void> check_may_review(store::Connection& db, const RepositoryAccess& access,
                              const core::Deployment& deployment,
                              const core::ProtectionRule& rule) {
  const core::Account& account = *access.principal.account;
  return core::check_reviewer(std::get<core::RequiredReviewersRule>(rule.gate), deployment, account,
                              store::may_review(db, access.repository, rule.id, account));
}

core::DeploymentReview make_review(const Context& context, const RepositoryAccess& access,
                                   const Held& held, core::ReviewState state,
                                   const std::string& comment) {
  core::DeploymentReview review;
  review.deployment_id = held.deployment.id;
  review.environment_id = held.environment.id;
  review.environment = held.environment.name;
  review.sha = held.deployment.sha;
  review.state = state;
  review.reviewer = *access.principal.account;
  review.human_id = core::who_answers_for(review.reviewer);
  review.comment = comment;
  review.created_at = context.now();
  return review;
}

/// Whether the human already has an approval by an account that may still review by the rule.
bool has_approved(store::Connection& tx, const RepositoryAccess& access,
                  const core::DeploymentReview& review) {
  const auto counts = [&](const core::DeploymentReview& each) {
    return each.state == core::ReviewState::approved && each.rule_id == review.rule_id &&
           each.human_id == review.human_id &&
           store::may_review(tx, access.repository, *review.rule_id, each.reviewer);
  };
  return std::ranges::any_of(store::list_reviews(tx, review.deployment_id), counts);
}

Result<core::Deployment> record_review(store::Connection& tx, const Context& context,
                                       const RepositoryAccess& access, Held held,
                                       const core::NewReview& input, const core::Commit& head) {
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
  TRY(check_may_review(tx, access, held.deployment, *rule));
  core::DeploymentReview review = make_review(context, access, held, input.state, input.comment);
  review.rule_id = rule->id;
  const bool again = input.state == core::ReviewState::approved && has_approved(tx, access, review);
  if (again || !store::insert_review(tx, review, access.principal)) {
    return fail(ErrorCode::invalid, review.reviewer.login + " has approved this deployment before.",
                "already_approved");
  }
  store::insert_audit(tx, access.principal,
                      {"deployment_review." + std::string(core::to_name(input.state)),
                       access.repository.id, held.deployment.id.value},
                      review.created_at);
  announce_review(tx, context, access, {held.deployment, held.environment, head}, review);
  if (input.state == core::ReviewState::approved) {
    judge_again(tx, context, access, held.deployment);
  } else {
    end_held(tx, context, access, held.deployment, core::DeploymentTrigger::review_rejected);
    record_status(tx, context, access, held.deployment, core::DeploymentState::failure,
                  "Rejected by " + review.reviewer.login + ".", review.created_at);
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

Result<core::GateReport> explain_gates(const Context& context, const RepositoryAccess& access,
                                       DeploymentId id) {
  return context.database.read([&](store::Connection& db) -> Result<core::GateReport> {
    auto deployment = store::find_deployment(db, access.repository.id, id);
    if (!deployment) return not_found();
    core::GateReport report{*std::move(deployment), std::nullopt, {}};
    report.environment = store::find_environment(db, report.deployment.original_environment.id);
    if (report.deployment.phase == core::DeploymentPhase::held && report.environment) {
      auto facts =
          store::gather_gate_facts(db, *report.environment, report.deployment, gate_time(context));
      facts.unentitled = store::list_unentitled(db, *report.environment);
      report.verdicts = core::judge_gates(*report.environment, report.deployment, facts);
      hide_openers(db, access.principal, report.verdicts);
    } else {
      report.verdicts = store::list_verdicts(db, id);
    }
    return report;
  });
}

Result<std::optional<core::PendingDeployment>> find_pending(const Context& context,
                                                            const RepositoryAccess& access,
                                                            DeploymentId id) {
  return context.database.read(
      [&](store::Connection& db) -> Result<std::optional<core::PendingDeployment>> {
        auto deployment = store::find_deployment(db, access.repository.id, id);
        if (!deployment) return not_found();
        auto environment = store::find_environment(db, deployment->environment.id);
        if (deployment->phase != core::DeploymentPhase::held || !environment) return std::nullopt;
        core::PendingDeployment pending{*std::move(deployment),
                                        details_for(db, access.principal, *std::move(environment)),
                                        false};
        const core::ProtectionRule* rule = find_review_rule(pending.environment);
        pending.current_user_can_approve =
            rule != nullptr && access.principal.account &&
            check_may_review(db, access, pending.deployment, *rule).has_value();
        return pending;
      });
}

Result<core::Deployment> review_deployment(const Context& context, const RepositoryAccess& access,
                                           DeploymentId id, const core::NewReview& input) {
  TRY(check_comment(input.comment));
  const core::Commit head = TRY(read_head(context, access.repository, id));
  auto reviewed =
      TRY(context.database.write([&](store::Connection& tx) -> Result<core::Deployment> {
        return record_review(tx, context, access, TRY(find_held(tx, access.repository.id, id)),
                             input, head);
      }));
  context.events_committed();
  return reviewed;
}

Result<core::ReviewHistory> list_reviews(const Context& context, const RepositoryAccess& access,
                                         DeploymentId id) {
  return context.database.read([&](store::Connection& db) -> Result<core::ReviewHistory> {
    const auto deployment = store::find_deployment(db, access.repository.id, id);
    if (!deployment) return not_found();
    return core::ReviewHistory{store::list_reviews(db, id),
                               store::find_environment(db, deployment->original_environment.id)};
  });
}

Result<core::Deployment> bypass_gates(const Context& context, const RepositoryAccess& access,
                                      DeploymentId id, const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == reason.npos) {
    return fail(ErrorCode::invalid, "Going past the gates needs a reason.",
                "bypass_reason_missing");
  }
  TRY(check_comment(reason));
  const core::Commit head = TRY(read_head(context, access.repository, id));
  auto released =
      TRY(context.database.write([&](store::Connection& tx) -> Result<core::Deployment> {
        Held held = TRY(find_held(tx, access.repository.id, id));
        if (!held.environment.can_admins_bypass) {
          return fail(ErrorCode::forbidden,
                      held.environment.name.name + " lets nobody go past its gates.",
                      "bypass_not_allowed");
        }
        const auto review = make_review(context, access, held, core::ReviewState::bypassed, reason);
        store::insert_review(tx, review, access.principal);
        announce_review(tx, context, access, {held.deployment, held.environment, head}, review);
        wire::JsonWriter detail;
        detail.begin_object().member("reason", reason).end_object();
        store::insert_audit(tx, access.principal,
                            {"deployment.bypass", access.repository.id, id.value, detail.text()},
                            review.created_at);
        if (!judge_again(tx, context, access, held.deployment, true)) {
          return fail(ErrorCode::invalid,
                      "The branch policy of " + held.environment.name.name +
                          " forbids the ref; nobody goes past it.",
                      "branch_policy");
        }
        return held.deployment;
      }));
  context.events_committed();
  return released;
}

namespace {

/// Whether judge_again would change anything.
bool is_due(store::Connection& db, const Context& context, const core::Deployment& deployment) {
  const auto environment = store::find_environment(db, deployment.environment.id);
  if (!environment) return false;
  const auto verdicts =
      core::judge_gates(*environment, deployment,
                        store::gather_gate_facts(db, *environment, deployment, gate_time(context)));
  const auto stored = store::list_verdicts(db, deployment.id);
  return core::all_open(verdicts) ||
         !std::ranges::equal(verdicts, stored, {}, &core::GateVerdict::state,
                             &core::GateVerdict::state);
}

Result<void> release_one(const Context& context, const core::Deployment& due) {
  TRY(context.database.write([&](store::Connection& tx) {
    store::lock_deployment(tx, due.id);
    auto repository = store::find_repository(tx, due.repository_id);
    auto deployment = store::find_deployment(tx, due.repository_id, due.id);
    if (!repository || !deployment) return;
    judge_again(tx, context, {{}, *std::move(repository)}, *deployment);
  }));
  context.events_committed();
  return {};
}

/// Turns an exception into an error: a row that cannot be read must not stop the other deployments
/// or the server.
template <class Work>
auto as_result(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, exception.what());
  }
}

}  // namespace

void release_due(const Context& context, bool all) {
  auto report = [](const core::Deployment& deployment, const Error& error) {
    log::error("a deployment stays held, its gates cannot be judged",
               {{"deployment_id", std::to_string(deployment.id.value)}, {"error", error.message}});
  };
  auto held = as_result([&] {
    return context.database.read(
        [&](store::Connection& db) { return all ? store::list_held(db) : store::list_timed(db); });
  });
  if (!held)
    return log::error("held deployments cannot be listed", {{"error", held.error().message}});
  for (const core::Deployment& deployment : *held) {
    auto done = as_result([&]() -> Result<void> {
      const bool due = TRY(context.database.read(
          [&](store::Connection& db) { return is_due(db, context, deployment); }));
      return due ? release_one(context, deployment) : Result<void>{};
    });
    if (!done) report(deployment, done.error());
  }
}

}  // namespace esclusa::app
