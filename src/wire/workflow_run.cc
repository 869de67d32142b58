#include "wire/workflow_run.h"

#include "wire/account.h"
#include "wire/event_body.h"
#include "wire/node_id.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

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

std::string workflow_url(const core::Deployment& deployment, const core::Repository& repository,
                         const Urls& urls) {
  return urls.repository(repository) + "/actions/workflows/" + std::to_string(deployment.id.value);
}

/// The links of a run. The schema requires some that take POST alone, or of logs, of which a run
/// has none.
void write_run_links(JsonWriter& json, const core::Deployment& deployment,
                     const core::Repository& repository, const Urls& urls) {
  const std::string url =
      urls.repository(repository) + "/actions/runs/" + std::to_string(deployment.id.value);
  json.member("url", url).member("html_url", run_html_url(deployment, repository, urls));
  for (const char* name : {"jobs", "logs", "artifacts", "cancel", "rerun"}) {
    json.member(std::string(name) + "_url", url + "/" + name);
  }
  // A run has no suite of its own, and at /check-suites the check run with the same number would
  // answer: the suites of its commit are what there is.
  json.member("check_suite_url",
              urls.repository(repository) + "/commits/" + deployment.sha + "/check-suites")
      .member("workflow_url", workflow_url(deployment, repository, urls))
      .member("previous_attempt_url", nullptr);
}

}  // namespace

RunState run_state(const core::Deployment& deployment) {
  using enum core::DeploymentState;
  if (deployment.phase == core::DeploymentPhase::held) return {"waiting", std::nullopt};
  switch (deployment.state.value_or(queued)) {
    case success:
    case inactive: return {"completed", "success"};
    case failure:
    case error: return {"completed", "failure"};
    case in_progress: return {"in_progress", std::nullopt};
    case pending: return {"pending", std::nullopt};
    case waiting: return {"waiting", std::nullopt};
    case queued: break;
  }
  return {"queued", std::nullopt};
}

void write_workflow_run(JsonWriter& json, const core::Deployment& deployment,
                        const core::Commit& head, const RunState& state,
                        const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("id", deployment.id.value)
      .member("name", deployment.task)
      .member("node_id", node_id("WFR", {repository.id.value, deployment.id.value}))
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
      .member("check_suite_node_id", node_id("CS", {repository.id.value, deployment.id.value}))
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.updated_at)
      .member("run_started_at", deployment.created_at);
  write_run_links(json, deployment, repository, urls);
  json.key("pull_requests").begin_array().end_array();
  for (const char* actor : {"actor", "triggering_actor"}) {
    json.key(actor);
    write_account(json, deployment.creator, urls);
  }
  write_head_commit(json, head, deployment.created_at);
  for (const char* name : {"repository", "head_repository"}) {
    json.key(name);
    write_minimal_repository(json, repository, urls);
  }
  json.end_object();
}

std::string run_html_url(const core::Deployment& deployment, const core::Repository& repository,
                         const Urls& urls) {
  return urls.web + "/" + Urls::path_of(repository) + "/deployments/" +
         std::to_string(deployment.id.value);
}

void write_workflow(JsonWriter& json, const core::Deployment& deployment,
                    const core::Repository& repository, const Urls& urls) {
  const std::string page = run_html_url(deployment, repository, urls);
  json.begin_object()
      .member("id", deployment.id.value)
      .member("node_id", node_id("W", {repository.id.value, deployment.id.value}))
      .member("name", deployment.task)
      .member("path", "")
      .member("state", "active")
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.created_at)
      .member("url", workflow_url(deployment, repository, urls))
      .member("html_url", page)
      .member("badge_url", page + "/badge.svg")
      .end_object();
}

}  // namespace esclusa::wire
