#include "cli/stats.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/audit.h"
#include "cli/connection.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

struct StatsOptions {
  std::string repository, environment, task, since, until;
  std::string by = "week";
  bool json = false;
  std::shared_ptr<ServerOptions> server;
};

/// A time as `parse_when` reads it, or a date, which is its first moment in UTC.
Result<std::string> moment(const std::string& text, std::string_view option) {
  if (const auto day = parse_time(text + "T00:00:00Z")) return format_time(*day);
  return format_time(TRY(parse_when(text, option, system_now())));
}

Result<std::string> path_of(const StatsOptions& options) {
  std::string path = "/esclusa/repos/" + TRY(client::repository_path(options.repository)) +
                     "/stats?by=" + percent_encode(options.by);
  const auto add = [&](std::string_view name, const std::string& value) {
    path += "&" + std::string(name) + "=" + percent_encode(value);
  };
  if (!options.environment.empty()) add("environment", options.environment);
  if (!options.task.empty()) add("task", options.task);
  if (!options.since.empty()) add("since", TRY(moment(options.since, "--since")));
  if (!options.until.empty()) add("until", TRY(moment(options.until, "--until")));
  return path;
}

/// `45s`, `12m`, `3h 20m` or `2d 4h`.
std::string describe_seconds(int64_t seconds) {
  struct Unit {
    int64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> units = {{{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}};
  size_t first = 0;
  while (first + 1 < units.size() && seconds < units[first].seconds) ++first;
  std::string text = std::to_string(seconds / units[first].seconds) + units[first].name;
  if (first < 2) {
    const Unit& second = units[first + 1];
    const int64_t rest = seconds % units[first].seconds / second.seconds;
    if (rest != 0) text += " " + std::to_string(rest) + second.name;
  }
  return text;
}

/// A number with decimals, as JSON writes it, with so many of them.
std::string decimal(const Json& object, const char* member, double factor, int decimals) {
  const auto value = object.find(member);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals,
                factor * (value ? std::strtod(value->text().c_str(), nullptr) : 0));
  return text.data();
}

int64_t count_of(const Json& object, const char* member) {
  return object.integer_at(member).value_or(0);
}

/// `2h 5m, 90 % below 3d`; `-` if there are no values.
std::string quantiles_of(const Json& object) {
  const auto median = object.integer_at("median_seconds"), p90 = object.integer_at("p90_seconds");
  if (!median || !p90) return "-";
  return describe_seconds(*median) + " / " + describe_seconds(*p90);
}

std::string with_rest(std::string cell, int64_t count, const char* what) {
  return count == 0 ? cell : cell + "; " + std::to_string(count) + " " + what;
}

std::string deployments_cell(const Json& figures) {
  const int64_t count = count_of(figures, "count");
  std::string cell = std::to_string(count);
  if (count != 0) cell += " (" + decimal(figures, "per_day", 1, 2) + " a day)";
  return with_rest(std::move(cell), count_of(figures, "rollback_count"), "rolled back");
}

std::string lead_time_cell(const Json& figures) {
  const int64_t count = count_of(figures, "commit_count");
  std::string cell = quantiles_of(figures);
  if (count != 0) {
    cell += " (" + std::to_string(count) + (count == 1 ? " commit)" : " commits)");
  }
  return with_rest(std::move(cell), count_of(figures, "unmeasured_count"), "not measured");
}

std::string failures_cell(const Json& figures) {
  const int64_t count = count_of(figures, "deployment_count");
  if (count == 0) return "-";
  return std::to_string(count_of(figures, "failed_count")) + " of " + std::to_string(count) + " (" +
         decimal(figures, "share", 100, 1) + " %)";
}

std::string restore_cell(const Json& figures) {
  const int64_t count = count_of(figures, "restored_count");
  std::string cell = quantiles_of(figures);
  if (count != 0) cell += " (" + std::to_string(count) + ")";
  return with_rest(std::move(cell), count_of(figures, "unrestored_count"), "not yet");
}

std::vector<std::string> row_of(std::string environment, std::string period, const Json& row) {
  const auto deployments = row.find("deployments");
  if (!deployments || deployments->is_null()) {
    return {std::move(environment), std::move(period), "not known", "", "", ""};
  }
  const auto part = [&](const char* name) { return row.find(name).value_or(*deployments); };
  return {std::move(environment),
          std::move(period),
          deployments_cell(*deployments),
          lead_time_cell(part("lead_time")),
          failures_cell(part("change_failures")),
          restore_cell(part("time_to_restore"))};
}

void print_stats(const Json& stats) {
  std::vector<std::vector<std::string>> table = {{"ENVIRONMENT", "FROM", "DEPLOYMENTS",
                                                  "LEAD TIME (MEDIAN / P90)", "FAILED",
                                                  "RESTORED IN (MEDIAN / P90)"}};
  const auto environments = stats.find("environments");
  for (const Json& one : environments ? environments->elements() : std::vector<Json>()) {
    const std::string name = one.string_at("environment").value_or("");
    const auto periods = one.find("periods");
    for (const Json& period : periods ? periods->elements() : std::vector<Json>()) {
      const std::string since = period.string_at("since").value_or("");
      table.push_back(row_of(name, since.substr(0, 10), period));
    }
    if (const auto total = one.find("total")) table.push_back(row_of(name, "all", *total));
  }
  if (table.size() == 1) {
    print_line(
        "No environment is for production: its newest deployment says so. Name one, such as "
        "staging.");
    return;
  }
  print_table(table);
}

/// Adds to a refusal what may be missing.
Error explained(Error error, const StatsOptions& options) {
  if (error.code == ErrorCode::not_found && error.reason_code != "environment_not_found") {
    error.message = "there is no repository " + options.repository +
                    ", or the token may not see its deployments: it needs the scope "
                    "repo_deployment";
  }
  return error;
}

Result<Json> fetch(const StatsOptions& options) {
  const auto api = TRY(options.server->connect());
  return TRY(api.call("GET", TRY(path_of(options)))).body;
}

int show_stats(const StatsOptions& options) {
  const auto stats = fetch(options);
  if (!stats) return report(explained(stats.error(), options));
  if (options.json) {
    std::printf("%s\n", stats->text().c_str());
  } else {
    print_stats(*stats);
  }
  return 0;
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "stats", "Shows how often a repository is deployed, how fast, and how much of it fails");
  auto options = std::make_shared<StatsOptions>();
  options->server = add_server_options(*command);
  command->add_option("repository", options->repository, "OWNER/REPO")->required();
  command->add_option("environment", options->environment,
                      "The environment; all that are for production, if absent");
  command->add_option("--since", options->since,
                      "From this time on: 2026-11-02, 2026-11-21T08:30:00Z, or so long ago, such "
                      "as 90d; twelve weeks or months, if absent");
  command->add_option("--until", options->until, "Before this time, in the same forms");
  command->add_option("--by", options->by, "A row for each week or month")
      ->check(CLI::IsMember({"week", "month"}))
      ->capture_default_str();
  command->add_option("--task", options->task, "Deployments of this task; deploy, if absent");
  command->add_flag("--json", options->json, "Prints the server's answer as JSON");
  command->footer(
      "LEAD TIME is from a commit to its first success in the environment. FAILED counts "
      "failures,\n"
      "errors, and successes that a rollback replaced. RESTORED IN is from a failure to the next\n"
      "success. Weeks begin on Monday, in UTC.");
  command->callback([=, &action] { action = [=] { return show_stats(*options); }; });
}

}  // namespace esclusa::cli
