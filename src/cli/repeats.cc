#include "cli/repeats.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/deploy.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

struct RepeatOptions {
  std::string repository, environment, from, task, reason, expected_live;
  int64_t id = 0;  ///< 0: none is named
  bool skip_contexts = false;
  FollowOptions follow;
  std::shared_ptr<ServerOptions> server;
};

/// Creates what the route below the repository makes of the body.
int create(const RepeatOptions& options, const std::string& below, const std::string& body) {
  auto api = options.server->connect();
  if (!api) return report(api.error());
  auto repository = client::repository_path(options.repository);
  if (!repository) return report(repository.error());
  auto deployment = api->repeat_deployment("/esclusa/repos/" + *repository + below, body);
  if (!deployment) return report(deployment.error());
  return follow_created(*api, *repository, *deployment, options.follow);
}

/// The members that all three have, around those that `write` writes.
std::string body_of(const RepeatOptions& options, const std::function<void(JsonWriter&)>& write) {
  JsonWriter json;
  json.begin_object();
  write(json);
  if (!options.task.empty()) json.member("task", options.task);
  if (!options.reason.empty()) json.member("reason", options.reason);
  if (options.skip_contexts) json.key("required_contexts").begin_array().end_array();
  if (const auto id = parse_positive(options.expected_live)) {
    json.member("expected_live", *id);
  } else if (!options.expected_live.empty()) {
    json.member("expected_live", options.expected_live);
  }
  json.end_object();
  return json.take();
}

std::string environment_path(const std::string& name) {
  return "/environments/" + percent_encode(name);
}

int roll_back(const RepeatOptions& options) {
  return create(options, environment_path(options.environment) + "/rollback",
                body_of(options, [&](JsonWriter& json) {
                  if (options.id > 0) json.member("to", options.id);
                }));
}

int promote(const RepeatOptions& options) {
  return create(options, environment_path(options.environment) + "/promote",
                body_of(options, [&](JsonWriter& json) { json.member("from", options.from); }));
}

int redeploy(const RepeatOptions& options) {
  return create(options, "/deployments/" + std::to_string(options.id) + "/redeploy",
                body_of(options, [](JsonWriter&) {}));
}

/// A subcommand with the options that all three have.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& help,
                      const std::shared_ptr<RepeatOptions>& options) {
  auto* command = app.add_subcommand(name, help);
  options->server = add_server_options(*command);
  command->add_option("repository", options->repository, "OWNER/REPO")->required();
  command->add_option("--expected-live", options->expected_live,
                      "Refuse unless this deployment is live there: an id, or none");
  add_follow_options(*command, options->follow);
  return command;
}

void add_task(CLI::App& command, RepeatOptions& options) {
  command.add_option("--task", options.task, "Task; deploy, if absent");
}

void add_contexts(CLI::App& command, RepeatOptions& options) {
  command.add_option("--reason", options.reason,
                     "The description; that of the repeated deployment, if absent");
  command.add_flag("--skip-contexts", options.skip_contexts,
                   "Do not look at commit statuses and check runs");
}

}  // namespace

void add_repeats(CLI::App& app, Action& action) {
  auto back = std::make_shared<RepeatOptions>();
  auto* command =
      add_command(app, "rollback", "Goes back to what was live in an environment", back);
  command->add_option("environment", back->environment, "Environment")->required();
  command->add_option("--to", back->id, "The deployment to go back to; the live before, if absent")
      ->check(CLI::PositiveNumber);
  command->add_option("--reason", back->reason, "Why; it becomes the description")->required();
  add_task(*command, *back);
  command->callback([=, &action] { action = [=] { return roll_back(*back); }; });

  auto promotion = std::make_shared<RepeatOptions>();
  command =
      add_command(app, "promote", "Deploys what is live in one environment to another", promotion);
  command->add_option("from", promotion->from, "Environment in which it is live")->required();
  command->add_option("to", promotion->environment, "Environment to deploy to")->required();
  add_task(*command, *promotion);
  add_contexts(*command, *promotion);
  command->callback([=, &action] { action = [=] { return promote(*promotion); }; });

  auto again = std::make_shared<RepeatOptions>();
  command = add_command(app, "redeploy", "Makes the same deployment again", again);
  command->add_option("id", again->id, "The deployment")->required()->check(CLI::PositiveNumber);
  add_contexts(*command, *again);
  command->callback([=, &action] { action = [=] { return redeploy(*again); }; });
}

}  // namespace esclusa::cli
