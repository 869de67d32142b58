#include "cli/live.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/deploy.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

struct LiveOptions {
  std::string repository, environment, task;
  bool all = false, json = false;
  std::shared_ptr<ServerOptions> server;
};

/// The list that is asked for, without its cursor.
Result<std::string> path_of(const LiveOptions& options) {
  std::string path = "/esclusa/live";
  if (!options.repository.empty()) {
    path = "/esclusa/repos/" + TRY(client::repository_path(options.repository)) + "/live";
  }
  path += "?per_page=100";
  if (!options.environment.empty()) path += "&environment=" + percent_encode(options.environment);
  if (!options.task.empty()) path += "&task=" + percent_encode(options.task);
  if (options.all) path += "&destroyed=true";
  return path;
}

/// The cursor of the next page, as it stands in the header `Link`; empty at the end.
std::string next_cursor(const client::Answer& answer) {
  constexpr std::string_view mark = "cursor=";
  const std::string link(answer.headers.find("Link").value_or(""));
  const size_t begin = link.find(mark);
  if (begin == std::string::npos) return {};
  const size_t end = link.find_first_of("&>", begin);
  return link.substr(begin + mark.size(), end - begin - mark.size());
}

Result<std::vector<Json>> fetch(const LiveOptions& options) {
  const auto api = TRY(options.server->connect());
  const std::string path = TRY(path_of(options));
  std::vector<Json> rows;
  std::string cursor;
  do {
    const auto answer = TRY(api.call("GET", cursor.empty() ? path : path + "&cursor=" + cursor));
    for (const Json& row : answer.body.elements()) rows.push_back(row);
    cursor = next_cursor(answer);
  } while (!cursor.empty());
  return rows;
}

/// `, rollback to 4`; empty for what repeats nothing.
std::string describe_repeats(const Json& deployment) {
  const auto kind =
      core::from_name<core::DeploymentKind>(deployment.string_at("kind").value_or(""));
  const auto origin = deployment.integer_at("origin");
  return kind && origin ? ", " + describe(core::Repeats{*kind, {*origin}}) : "";
}

/// `5 main (1a2b3c4d5e) by ada, rollback to 4, since 2026-11-30T10:00:00Z`.
std::string describe(const Json& deployment) {
  return std::to_string(deployment.integer_at("id").value_or(0)) + " " +
         deployment.string_at("ref").value_or("") + " (" +
         deployment.string_at("sha").value_or("").substr(0, 10) + ") by " +
         deployment.string_at("creator").value_or("") + describe_repeats(deployment) + ", since " +
         deployment.string_at("updated_at").value_or("");
}

std::string live_cell(const Json& row) {
  if (const auto live = row.find("live"); live && !live->is_null()) return describe(*live);
  const auto transient = row.find("transient");
  const auto several = transient ? transient->elements() : std::vector<Json>();
  if (several.empty()) return "nothing";
  return several.size() == 1 ? describe(several[0])
                             : std::to_string(several.size()) + " transient deployments";
}

/// The newest deployment, where it is not the one that is live; and what waits.
std::string latest_cell(const Json& row) {
  const auto latest = row.find("latest");
  std::string cell = "-";
  const auto id = latest ? latest->integer_at("id") : std::nullopt;
  if (id && id != row.integer_at("live", "id")) {
    cell = std::to_string(*id) + ": " + latest->string_at("state").value_or("no status yet") +
           describe_repeats(*latest);
  }
  const int64_t waiting = row.integer_at("waiting_count").value_or(0);
  return waiting == 0 ? cell : cell + "; " + std::to_string(waiting) + " waiting in all";
}

/// Adds to a refusal what may be missing.
Error explained(Error error, const LiveOptions& options) {
  if (error.code == ErrorCode::not_found) {
    error.message = "there is no repository " + options.repository +
                    ", or the token may not see its deployments: it needs the scope "
                    "repo_deployment";
  }
  return error;
}

int show_live(const LiveOptions& options) {
  const auto rows = fetch(options);
  if (!rows) return report(explained(rows.error(), options));
  if (options.json) {
    for (const Json& row : *rows) std::printf("%s\n", row.text().c_str());
    return 0;
  }
  if (rows->empty()) {
    print_line(options.environment.empty() && options.task.empty()
                   ? "No deployment is in sight. To make one: esclusa deploy --help"
                   : "No deployment is in sight in this environment and of this task");
    return 0;
  }
  std::vector<std::vector<std::string>> table = {
      {"REPOSITORY", "ENVIRONMENT", "TASK", "LIVE", "LATEST ATTEMPT"}};
  for (const Json& row : *rows) {
    table.push_back({row.string_at("repository").value_or(""),
                     row.string_at("environment").value_or(""), row.string_at("task").value_or(""),
                     live_cell(row), latest_cell(row)});
  }
  print_table(table);
  return 0;
}

void print_repair(const Json& report) {
  const int64_t wrong = report.integer_at("wrong").value_or(0);
  print_line(wrong == 0 ? "All rows were right" : std::to_string(wrong) + " rows were made again");
}

}  // namespace

void add_live(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("live", "Shows what is live in each environment");
  auto options = std::make_shared<LiveOptions>();
  options->server = add_server_options(*command);
  command->add_option("repository", options->repository,
                      "OWNER/REPO; all that the token may see, if absent");
  command->add_option("--environment", options->environment, "Only this environment");
  command->add_option("--task", options->task, "Only this task");
  command->add_flag("--all", options->all, "Also transient environments that were destroyed");
  command->add_flag("--json", options->json, "One JSON object on each line");
  command->footer(
      "Live is the deployment with the latest success, if that is still its state. Each transient\n"
      "deployment counts by itself.");
  command->callback([=, &action] {
    if (!action) action = [=] { return show_live(*options); };
  });

  auto repair =
      add_socket_command(*command, "repair", "Makes the rows again, from the deployments");
  repair.app->callback([=, &action] {
    action = [=] { return ask(*repair.socket, "POST", "/live/repairs", "", print_repair); };
  });
}

}  // namespace esclusa::cli
