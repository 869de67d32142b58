#include "wire/review.h"

#include "wire/account.h"
#include "wire/deployment.h"
#include "wire/enums.h"
#include "wire/environment.h"
#include "wire/error.h"

namespace esclusa::wire {
namespace {

Result<std::vector<EnvironmentId>> parse_environment_ids(const JsonBody& body) {
  const auto member = body.find("environment_ids");
  if (!member) return fail_request("\"environment_ids\" wasn't supplied.");
  if (!member->is_array()) return wrong_type("environment_ids", *member, "an array");
  std::vector<EnvironmentId> ids;
  for (const Json& element : member->elements()) {
    const auto id = element.integer();
    if (!id) {
      return wrong_type("environment_ids/" + std::to_string(ids.size()), element, "an integer");
    }
    ids.push_back({*id});
  }
  return ids;
}

/// The result that a create would have, and why.
std::string explain(const core::DryRun& run, const core::NewDeployment& input) {
  switch (run.outcome) {
    case core::DryRunOutcome::released: return "It would be sent at once.";
    case core::DryRunOutcome::held:
      return "It would wait for: " + core::shut_gates(run.gates) + ".";
    case core::DryRunOutcome::merged:
      return run.default_branch + " would be merged into " + input.ref + ", and nothing deployed.";
    case core::DryRunOutcome::refused: break;
  }
  return run.refusal->message;
}

}  // namespace

Result<core::NewReview> parse_new_review(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewReview review;
  review.environment_ids = TRY(parse_environment_ids(body));
  const std::string state = TRY(body.required_string("state"));
  const auto known = core::from_name<core::ReviewState>(state);
  constexpr auto ours = core::ReviewState::bypassed;
  if (!known || known == ours) return not_a_member(state, std::optional(ours));
  review.state = *known;
  review.comment = TRY(body.required_string("comment"));
  return review;
}

Result<std::string> parse_bypass_reason(std::string_view text) {
  return TRY(JsonBody::parse(text)).string_or("reason", "");
}

void write_pending_deployment(JsonWriter& json, const core::PendingDeployment& pending,
                              const core::Repository& repository, const Urls& urls) {
  const core::EnvironmentDetails& environment = pending.environment;
  json.begin_object().key("environment");
  begin_environment(json, environment.id, environment.name.name, repository, urls);
  json.end_object();
  const auto* timer = environment.find<core::WaitTimerRule>();
  json.member("wait_timer", timer != nullptr ? timer->minutes : 0)
      .member("wait_timer_started_at",
              timer != nullptr ? std::optional(pending.deployment.created_at) : std::nullopt)
      .member("current_user_can_approve", pending.current_user_can_approve)
      .key("reviewers");
  write_reviewers(json, environment.reviewers, urls);
  json.end_object();
}

void write_review(JsonWriter& json, const core::DeploymentReview& review,
                  const core::ReviewHistory& history, const core::Repository& repository,
                  const Urls& urls) {
  json.begin_object().key("environments").begin_array();
  begin_environment(json, review.environment_id, review.environment.name, repository, urls);
  // Another environment may have the name by now.
  if (history.environment && history.environment->id == review.environment_id) {
    json.member("created_at", history.environment->created_at)
        .member("updated_at", history.environment->updated_at);
  }
  json.end_object().end_array();
  const auto shown =
      review.state == core::ReviewState::bypassed ? core::ReviewState::approved : review.state;
  json.member("state", core::to_name(shown)).key("user");
  write_account(json, review.reviewer, urls);
  json.member("comment", review.comment).end_object();
}

void write_gates(JsonWriter& json, const std::vector<core::GateVerdict>& verdicts) {
  json.begin_array();
  for (const core::GateVerdict& verdict : verdicts) {
    json.begin_object()
        .member("kind", core::to_name(verdict.kind))
        .member("rule_id", verdict.rule_id.value)
        .member("state", core::to_name(verdict.state))
        .member("reason_code", verdict.reason_code)
        .member("message", verdict.message);
    json.key("openers").begin_array();
    for (const core::Reviewer& opener : verdict.openers) json.value(opener.name);
    json.end_array().member("opens_at", verdict.opens_at).end_object();
  }
  json.end_array();
}

void write_gate_report(JsonWriter& json, const core::GateReport& report,
                       const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("deployment_id", report.deployment.id.value)
      .member("deployment_url", urls.deployment(repository, report.deployment.id))
      .member("phase", core::to_name(report.deployment.phase))
      .member("ref", report.deployment.ref)
      .member("sha", report.deployment.sha)
      .key("environment");
  if (report.environment) {
    begin_environment(json, report.environment->id, report.environment->name.name, repository,
                      urls);
    json.member("can_admins_bypass", report.environment->can_admins_bypass)
        .member("is_new", report.environment->created_at == report.deployment.created_at)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.key("gates");
  write_gates(json, report.verdicts);
  json.end_object();
}

void write_dry_run(JsonWriter& json, const core::DryRun& run, const core::NewDeployment& input) {
  json.begin_object()
      .member("outcome", core::to_name(run.outcome))
      .member("environment", input.environment)
      .member("makes_environment", run.makes_environment)
      .member("ref", input.ref)
      .member("sha", run.sha.empty() ? std::nullopt : std::optional(run.sha))
      .member("message", explain(run, input))
      .member("reason_code", run.refusal ? std::optional(run.refusal->reason_code) : std::nullopt);
  if (run.refusal) write_error_fields(json, *run.refusal);
  json.key("gates");
  write_gates(json, run.gates);
  json.end_object();
}

}  // namespace esclusa::wire
