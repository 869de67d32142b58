#include "cli/deploy.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "cli/connection.h"
#include "cli/gates.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

using namespace std::chrono_literals;

/// Exit codes of `deploy --wait`; 1 means that the deployment was not created or could not be
/// followed.
enum ExitCode { succeeded = 0, refused = 1, failed = 2, timed_out = 3, replaced = 4 };

struct DeployOptions {
  std::string repository;
  client::NewDeployment input;
  bool dry_run = false;
  FollowOptions follow;
};

std::optional<int> exit_code_of(const std::string& state) {
  if (state == "success") return succeeded;
  if (state == "failure" || state == "error") return failed;
  if (state == "inactive") return replaced;
  return std::nullopt;
}

void print_status(const client::Status& status) {
  std::string line = status.created_at + "  " + status.state;
  if (!status.description.empty()) line += "  " + status.description;
  if (!status.log_url.empty()) line += "  " + status.log_url;
  print_line(line);
}

/// Prints each new status until a final one, or until the timeout.
int follow(const client::Api& api, const std::string& repository, int64_t deployment,
           std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int64_t seen = 0;
  for (auto pause = 100ms; std::chrono::steady_clock::now() < deadline;
       pause = std::min<std::chrono::milliseconds>(pause * 2, 2s)) {
    auto statuses = api.list_statuses(repository, deployment);
    if (!statuses) return report(statuses.error());
    for (auto status = statuses->rbegin(); status != statuses->rend(); ++status) {
      if (status->id <= seen) continue;
      seen = status->id;
      pause = 100ms;
      print_status(*status);
      if (auto code = exit_code_of(status->state)) return *code;
    }
    std::this_thread::sleep_for(pause);
  }
  report(
      {ErrorCode::unavailable, "no outcome yet; see: esclusa history " + repository, {}, {}, {}});
  return timed_out;
}

/// Prints what a create would do; the exit code is not 0 if it would be refused.
int try_out(const client::Api& api, const std::string& repository,
            const client::NewDeployment& input) {
  auto answer = api.call("POST", "/esclusa/repos/" + repository + "/deployments/dry_run",
                         client::body_of(input), client::headers_of(input));
  if (!answer) return report(answer.error());
  const std::string outcome = answer->body.string_at("outcome").value_or("");
  const std::string sha = answer->body.string_at("sha").value_or("");
  print_line(input.ref + (sha.empty() ? "" : " (" + sha.substr(0, 10) + ")") + " to " +
             input.environment + ": " + outcome);
  print_line(answer->body.string_at("message").value_or(""));
  const auto makes_environment = answer->body.find("makes_environment");
  if (makes_environment && makes_environment->boolean().value_or(false)) {
    print_line(input.environment + " is new and has no gates");
  }
  if (const auto gates = answer->body.find("gates")) print_gates(*gates);
  return outcome == "refused" ? refused : succeeded;
}

}  // namespace

std::string describe(const core::Repeats& repeats) {
  return std::string(core::to_name(repeats.kind)) +
         (repeats.kind == core::DeploymentKind::rollback ? " to " : " of ") +
         std::to_string(repeats.origin.value);
}

CLI::Option* add_follow_options(CLI::App& command, FollowOptions& options) {
  auto* wait = command.add_flag("--wait", options.wait, "Print every status until the outcome");
  command.add_option("--timeout", options.timeout_seconds, "Seconds to wait at most")
      ->capture_default_str();
  command.footer(
      "Exit codes: 0 created (with --wait: success), 1 refused or unreachable, 2 failure or\n"
      "error, 3 no outcome in time, 4 inactive (replaced by another deployment).");
  return wait;
}

int follow_created(const client::Api& api, const std::string& repository,
                   const client::Deployment& deployment, const FollowOptions& options) {
  print_line("Deployment " + std::to_string(deployment.id) + ": " + deployment.ref + " (" +
             deployment.sha.substr(0, 10) + ") to " + deployment.environment +
             (deployment.repeats ? ", " + describe(*deployment.repeats) : ""));
  print_wait(api, repository, deployment.id);
  if (!options.wait) return succeeded;
  return follow(api, repository, deployment.id, std::chrono::seconds(options.timeout_seconds));
}

namespace {

int deploy(const DeployOptions& options, const ServerOptions& server) {
  auto api = server.connect();
  if (!api) return report(api.error());
  auto repository = client::repository_path(options.repository);
  if (!repository) return report(repository.error());
  if (options.dry_run) return try_out(*api, *repository, options.input);
  auto deployment = api->create_deployment(*repository, options.input);
  if (!deployment) return report(deployment.error());
  return follow_created(*api, *repository, *deployment, options.follow);
}

int history(const std::string& full_name, const std::string& environment, int count,
            const ServerOptions& server) {
  auto api = server.connect();
  if (!api) return report(api.error());
  auto repository = client::repository_path(full_name);
  if (!repository) return report(repository.error());
  auto deployments = api->list_deployments(*repository, environment, count);
  if (!deployments) return report(deployments.error());
  std::vector<std::vector<std::string>> rows = {{"ID", "CREATED", "ENVIRONMENT", "TASK", "REF",
                                                 "COMMIT", "BY", "KIND", "STATE", "DESCRIPTION"}};
  for (const client::Deployment& deployment : *deployments) {
    auto status = api->latest_status(*repository, deployment.id);
    if (!status) return report(status.error());
    // The list is GitHub's, and does not tell what a deployment repeats.
    const auto whole = api->get_deployment(*repository, deployment.id);
    if (!whole && whole.error().code != ErrorCode::not_found) return report(whole.error());
    const bool repeats = whole && whole->repeats;
    const bool reported = status->has_value();
    rows.push_back({std::to_string(deployment.id), deployment.created_at, deployment.environment,
                    deployment.task, deployment.ref, deployment.sha.substr(0, 10),
                    deployment.creator, repeats ? describe(*whole->repeats) : "deploy",
                    reported ? (*status)->state : "-", reported ? (*status)->description : ""});
  }
  print_table(rows);
  return succeeded;
}

}  // namespace

void add_deploy(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("deploy", "Creates a deployment, and follows it");
  auto options = std::make_shared<DeployOptions>();
  auto server = add_server_options(*command);
  client::NewDeployment& input = options->input;
  command->add_option("repository", options->repository, "OWNER/REPO")->required();
  command->add_option("ref", input.ref, "Branch, tag or commit")->required();
  command->add_option("--environment", input.environment, "Environment")->capture_default_str();
  command->add_option("--task", input.task, "Task")->capture_default_str();
  command->add_option("--description", input.description, "Description");
  command->add_option("--payload", input.payload, "JSON object or string for the listener");
  command->add_flag("!--no-auto-merge", input.auto_merge,
                    "Deploy the ref as it is, even if it is behind the default branch");
  command->add_flag("--skip-contexts", input.skip_contexts,
                    "Do not look at commit statuses and check runs");
  command->add_option("--expected-live", input.expected_live,
                      "Refuse unless this deployment is live there: an id, or none");
  auto* wait = add_follow_options(*command, options->follow);
  command
      ->add_flag("--dry-run", options->dry_run,
                 "Only say what would happen (exit code 1: it would be refused)")
      ->excludes(wait);
  command->callback([=, &action] { action = [=] { return deploy(*options, *server); }; });
}

void add_history(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("history", "Lists deployments, newest first");
  auto repository = std::make_shared<std::string>();
  auto environment = std::make_shared<std::string>();
  auto count = std::make_shared<int>(20);
  auto server = add_server_options(*command);
  command->add_option("repository", *repository, "OWNER/REPO")->required();
  command->add_option("--environment", *environment, "Only this environment");
  command->add_option("--count", *count, "How many")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->callback([=, &action] {
    action = [=] { return history(*repository, *environment, *count, *server); };
  });
}

}  // namespace esclusa::cli
