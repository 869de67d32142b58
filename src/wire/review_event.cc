#include "wire/review_event.h"

#include "wire/account.h"
#include "wire/node_id.h"
#include "wire/repository.h"
#include "wire/team.h"

namespace esclusa::wire {
namespace {

/// The state of a run: it waits until a rejection ends it.
struct RunState {
  const char* status;
  std::optional<std::string> conclusion;
};

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

std::string run_html_url(const EventContext& context, const core::Deployment& deployment) {
  return context.urls.web + "/" + Urls::path_of(context.repository) + "/deployments/" +
         std::to_string(deployment.id.value);
}

/// A commit that was not read has empty texts, and the deployment's time.
void write_head_commit(JsonWriter& json, const core::Commit& head, Timestamp created_at) {
  core::Commit shown = head;
  if (head.tree_sha.empty()) shown.author.at = shown.committer.at = created_at;
  json.key("head_commit")
      .begin_object()
      .member("id", shown.sha)
      .member("tree_id", shown.tree_sha)
      .member("message", shown.message)
      .member("timestamp", shown.committer.at);
  write_event_person(json, "author", shown.author);
  write_event_person(json, "committer", shown.committer);
  json.end_object();
}

/// The links of a run. The schema requires some that no route serves.
void write_run_links(JsonWriter& json, const EventContext& context,
                     const core::Deployment& deployment) {
  const std::string id = std::to_string(deployment.id.value);
  const std::string repository = context.urls.repository(context.repository);
  const std::string url = repository + "/actions/runs/" + id;
  json.member("url", url).member("html_url", run_html_url(context, deployment));
  for (const char* name : {"jobs", "logs", "artifacts", "cancel", "rerun"}) {
    json.member(std::string(name) + "_url", url + "/" + name);
  }
  // This is not below /check-suites, where the check run with the same number would answer.
  json.member("check_suite_url", url + "/check-suite")
      .member("workflow_url", repository + "/actions/workflows/" + id)
      .member("previous_attempt_url", nullptr);
}

void write_run(JsonWriter& json, const EventContext& context, const ReviewedDeployment& about,
               const RunState& state) {
  const core::Deployment& deployment = about.deployment;
  const RepositoryId repository = context.repository.id;
  json.key("workflow_run")
      .begin_object()
      .member("id", deployment.id.value)
      .member("name", deployment.task)
      .member("node_id", node_id("WFR", {repository.value, deployment.id.value}))
      .member("head_branch", deployment.ref)
      .member("head_sha", deployment.sha)
      .member("path", "")
      .member("display_title", deployment.description.value_or(deployment.task))
      .member("run_number", deployment.id.value)
      .member("run_attempt", 1)
      .member("event", "deployment")
      .member("status", state.status)
      .member("conclusion", state.conclusion)
      .member("workflow_id", deployment.id.value)
      .member("check_suite_id", deployment.id.value)
      .member("check_suite_node_id", node_id("CS", {repository.value, deployment.id.value}))
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.updated_at)
      .member("run_started_at", deployment.created_at);
  write_run_links(json, context, deployment);
  json.key("pull_requests").begin_array().end_array();
  for (const char* actor : {"actor", "triggering_actor"}) {
    json.key(actor);
    write_account(json, deployment.creator, context.urls);
  }
  write_head_commit(json, about.head, deployment.created_at);
  for (const char* name : {"repository", "head_repository"}) {
    json.key(name);
    write_minimal_repository(json, context.repository, context.urls);
  }
  json.end_object();
}

void write_job(JsonWriter& json, const EventContext& context, const ReviewedDeployment& about,
               const RunState& state) {
  const core::Deployment& deployment = about.deployment;
  json.begin_object()
      .member("id", deployment.id.value)
      .member("name", deployment.task)
      .member("status", state.status)
      .member("conclusion", state.conclusion)
      .member("html_url", run_html_url(context, deployment))
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
