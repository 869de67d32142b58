#include "cli/audit.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

struct AuditOptions {
  std::string since, until, by, action, repository;
  int64_t target_id = 0;
  int64_t limit = 50;
  bool as_json = false;
};

void add_filter(std::string& query, std::string_view name, const std::string& value) {
  if (!value.empty()) query += "&" + std::string(name) + "=" + percent_encode(value);
}

Result<std::string> query_of(const AuditOptions& options) {
  std::string query;
  const Timestamp now = system_now();
  if (!options.since.empty()) {
    add_filter(query, "since", format_time(TRY(parse_when(options.since, "--since", now))));
  }
  if (!options.until.empty()) {
    add_filter(query, "until", format_time(TRY(parse_when(options.until, "--until", now))));
  }
  add_filter(query, "by", options.by);
  add_filter(query, "action", options.action);
  add_filter(query, "repo", options.repository);
  if (options.target_id != 0) add_filter(query, "target_id", std::to_string(options.target_id));
  return query;
}

std::string text_of(const Json& row, const char* member) {
  return row.string_at(member).value_or("-");
}

std::vector<std::string> cells_of(const Json& row) {
  const auto repository = row.find("repository");
  const bool has_repository = repository && repository->is_object();
  const int64_t target = row.integer_at("target_id").value_or(0);
  const auto detail = row.find("detail");
  return {text_of(row, "at"),
          who_of(row),
          text_of(row, "action"),
          has_repository ? text_of(*repository, "full_name") : "-",
          target != 0 ? std::to_string(target) : "-",
          detail && detail->text() != "{}" ? detail->text() : ""};
}

/// Gives the rows, newest first, page by page, until there are enough.
Result<void> read_rows(const client::Api& api, const std::string& query, int64_t limit,
                       const std::function<void(const Json&)>& on_row) {
  std::string cursor;
  for (int64_t left = limit; left > 0;) {
    const int64_t size = std::min<int64_t>(left, limits::page_max);
    const std::string from = cursor.empty() ? "" : "&cursor=" + cursor;
    const auto answer = TRY(
        api.call("GET", "/esclusa/admin/audit?per_page=" + std::to_string(size) + query + from));
    for (const Json& row : answer.body.elements()) {
      on_row(row);
      --left;
    }
    const auto next = next_cursor(answer.headers.find("Link").value_or(""));
    if (!next) break;
    cursor = *next;
  }
  return {};
}

int show(const AuditOptions& options, const SocketOptions& socket) {
  const auto query = query_of(options);
  if (!query) return report(query.error());
  std::vector<std::vector<std::string>> rows = {
      {"AT", "WHO", "ACTION", "REPOSITORY", "TARGET", "DETAIL"}};
  const auto done = read_rows(socket.connect(), *query, options.limit, [&](const Json& row) {
    if (options.as_json) return print_line(row.text());
    rows.push_back(cells_of(row));
  });
  if (!done) return report(done.error());
  if (options.as_json) return 0;
  print_table(rows);
  if (std::cmp_equal(rows.size() - 1, options.limit)) {
    print_line("There may be older rows: --limit N, or --until with the time of the last one");
  }
  return 0;
}

}  // namespace

Result<Timestamp> parse_when(std::string_view text, std::string_view option, Timestamp now) {
  if (const auto ago = parse_duration(text)) return now - *ago;
  if (const auto time = parse_time(text)) return *time;
  return fail(ErrorCode::invalid, std::string(option) +
                                      " should be a time such as 2026-11-21T08:30:00Z, or how long "
                                      "ago, such as 2h or 7d");
}

std::string who_of(const Json& row) {
  const auto named = [&](const char* member) -> std::optional<Json> {
    auto value = row.find(member);
    return value && value->is_object() ? std::optional(*value) : std::nullopt;
  };
  const auto id_of = [](const Json& value) {
    return std::to_string(value.integer_at("id").value_or(0));
  };
  if (const auto agent = named("agent")) {
    const std::string name = agent->string_at("name").value_or("");
    return "agent:" + id_of(*agent) + (name.empty() ? "" : " (" + name + ")");
  }
  if (const auto actor = named("actor")) {
    return actor->string_at("login").value_or("account " + id_of(*actor));
  }
  if (const auto key = named("deploy_key")) return "deploy key " + id_of(*key);
  const auto user = row.string_at("system_user");
  return user ? "system:" + *user : "-";
}

std::optional<std::string> next_cursor(std::string_view link) {
  for (std::string_view part : split(link, ',')) {
    constexpr std::string_view name = "cursor=";
    const size_t begin = part.find(name);
    if (!part.contains("rel=\"next\"") || begin == part.npos) continue;
    const std::string_view rest = part.substr(begin + name.size());
    return std::string(rest.substr(0, rest.find_first_of("&>")));
  }
  return std::nullopt;
}

void add_audit(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("audit", "Shows who did what, newest first");
  auto socket = add_socket_options(*command);
  auto options = std::make_shared<AuditOptions>();
  command->add_option("--since", options->since,
                      "From this time on: 2026-11-21T08:30:00Z, or so long ago, such as 2h or 7d");
  command->add_option("--until", options->until, "Before this time, in the same forms");
  command->add_option("--by", options->by,
                      "By this login, such as ada or shop[bot]; agent:7 is the agent with token 7, "
                      "system:ada the system user at the administrator's socket");
  command->add_option("--action", options->action,
                      "Such as deployment.create, or claim. for all that begin so");
  command->add_option("--repo", options->repository, "OWNER/NAME, also of a removed repository");
  command->add_option("--target", options->target_id, "The id of what was changed")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--limit", options->limit, "At most so many rows")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  command->add_flag("--json", options->as_json, "Prints a JSON document for each row, on one line");
  command->callback([=, &action] { action = [=] { return show(*options, *socket); }; });
}

}  // namespace esclusa::cli
