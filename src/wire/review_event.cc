#include "wire/review_event.h"

#include "wire/account.h"
#include "wire/team.h"
#include "wire/workflow_run.h"

namespace esclusa::wire {
namespace {

void write_reviewers_of(JsonWriter& json, const core::EnvironmentDetails& environment,
                        const Urls& urls) {
  json.key("reviewers").begin_array();
  for (const core::ReviewerProfile& reviewer : environment.reviewers) {
    json.begin_object();
    if (const auto* team = std::get_if<core::Team>(&reviewer)) {
      json.member("type", "Team").key("reviewer");
      write_event_team(json, *team, urls);
    } else {
      json.member("type", "User").key("reviewer");
      write_account(json, std::get<core::Account>(reviewer), urls);
    }
    json.end_object();
  }
  json.end_array();
}

void write_run(JsonWriter& json, const EventContext& context, const ReviewedDeployment& about,
               const RunState& state) {
  json.key("workflow_run");
  write_workflow_run(json, about.deployment, about.head, state, context.repository, context.urls);
}

void write_job(JsonWriter& json, const EventContext& context, const ReviewedDeployment& about,
               const RunState& state) {
  const core::Deployment& deployment = about.deployment;
  json.begin_object()
      .member("id", deployment.id.value)
      .member("name", deployment.task)
      .member("status", state.status)
      .member("conclusion", state.conclusion)
      .member("html_url", run_html_url(deployment, context.repository, context.urls))
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.updated_at)
      .member("environment", about.environment.name.name)
      .end_object();
}

}  // namespace

std::string review_requested_event(const EventContext& context, const ReviewedDeployment& about) {
  const RunState waiting{"waiting", std::nullopt};
  JsonWriter json;
  json.begin_object()
      .member("action", "requested")
      .member("environment", about.environment.name.name)
      .member("since", about.deployment.created_at);
  write_run(json, context, about, waiting);
  json.key("workflow_job_run");
  write_job(json, context, about, waiting);
  write_reviewers_of(json, about.environment, context.urls);
  json.key("requestor");
  write_account(json, about.deployment.creator, context.urls);
  return finish_event(json, context);
}

std::string review_event(const EventContext& context, const ReviewedDeployment& about,
                         std::string_view action, const core::DeploymentReview& review) {
  const RunState state = review.state == core::ReviewState::rejected
                             ? RunState{"completed", "failure"}
                             : RunState{"waiting", std::nullopt};
  JsonWriter json;
  json.begin_object().member("action", action).member("since", about.deployment.created_at);
  write_run(json, context, about, state);
  json.key("workflow_job_runs").begin_array();
  write_job(json, context, about, state);
  json.end_array();
  write_reviewers_of(json, about.environment, context.urls);
  json.key("approver");
  write_account(json, review.reviewer, context.urls);
  json.member("comment", review.comment);
  return finish_event(json, context);
}

}  // namespace esclusa::wire
