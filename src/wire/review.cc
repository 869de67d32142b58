#include "wire/review.h"

#include "wire/account.h"
#include "wire/enums.h"
#include "wire/environment.h"
#include "wire/json_body.h"

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

}  // namespace esclusa::wire
