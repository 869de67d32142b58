#include "cli/retention.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/json_writer.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 300ms;
constexpr const char* state_path = "/esclusa/admin/retention?count=";
/// What a dry run counts of each key at most; and what is counted while the server prunes.
constexpr const char* whole_count = "1000000";
constexpr const char* small_count = "1";

struct Options {
  bool is_dry_run = false;
  bool is_json = false;
};

int64_t number(const Json& object, std::string_view name) {
  return object.integer_at(name).value_or(0);
}

bool flag(const Json& object, std::string_view name) {
  const auto member = object.find(name);
  return member && member->boolean().value_or(false);
}

std::vector<Json> keys_of(const Json& state) {
  const auto keys = state.find("keys");
  return keys ? keys->elements() : std::vector<Json>();
}

void warn_of_clock(const Json& state) {
  const int64_t seconds = number(state, "clock_held_back_seconds");
  if (seconds < 60) return;
  std::fprintf(
      stderr,
      "The clock was set forward by %lld seconds: for a day, the server prunes by the time "
      "before. If the clock is wrong now, set it right.\n",
      static_cast<long long>(seconds));
}

void print_due(const Json& state) {
  std::vector<std::vector<std::string>> rows = {{"KEY", "AGE", "WOULD GO", "OLDEST"}};
  for (const Json& key : keys_of(state)) {
    rows.push_back(
        {key.string_at("key").value_or(""), key.string_at("age").value_or(""),
         std::to_string(number(key, "due_rows")) + (flag(key, "due_rows_more") ? " and more" : ""),
         key.string_at("oldest_due_at").value_or("-")});
  }
  print_table(rows);
  print_line(
      "Deployments go with their statuses, reviews, gates and logs; deliveries with their "
      "attempts. Nothing was changed");
}

int dry_run(const client::Api& api, const Options& options) {
  const auto state = api.call("GET", std::string(state_path) + whole_count, "");
  if (!state) return report(state.error());
  warn_of_clock(state->body);
  options.is_json ? print_line(state->body.text()) : print_due(state->body);
  return 0;
}

/// How many rows the server has pruned of each key since its start.
std::vector<std::pair<std::string, int64_t>> pruned_rows(const Json& state) {
  std::vector<std::pair<std::string, int64_t>> rows;
  for (const Json& key : keys_of(state)) {
    rows.emplace_back(key.string_at("key").value_or(""), number(key, "pruned_rows"));
  }
  return rows;
}

void print_pruned(const Json& before, const Json& after, const Options& options) {
  const auto first = pruned_rows(before), last = pruned_rows(after);
  std::vector<std::vector<std::string>> table = {{"KEY", "PRUNED ROWS"}};
  JsonWriter json;
  json.begin_object().key("pruned_rows").begin_object();
  for (size_t i = 0; i < last.size(); ++i) {
    const int64_t rows = last[i].second - (i < first.size() ? first[i].second : 0);
    table.push_back({last[i].first, std::to_string(rows)});
    json.member(last[i].first, rows);
  }
  json.end_object().end_object();
  options.is_json ? print_line(json.take()) : print_table(table);
}

int prune(const client::Api& api, const Options& options) {
  const auto before = api.call("GET", std::string(state_path) + small_count, "");
  if (!before) return report(before.error());
  const auto asked = api.call("POST", "/esclusa/admin/retention/rounds", "");
  if (!asked) return report(asked.error());
  const int64_t round = number(asked->body, "round");
  const bool shows_progress = !options.is_json && isatty(STDERR_FILENO) == 1;
  for (;;) {
    const auto state = api.call("GET", std::string(state_path) + small_count, "");
    if (!state) {
      std::fprintf(stderr, "The server goes on pruning if it runs.\n");
      return report(state.error());
    }
    if (number(state->body, "rounds_ended") >= round) {
      if (shows_progress) std::fprintf(stderr, "\r\033[K");
      warn_of_clock(state->body);
      print_pruned(before->body, state->body, options);
      return 0;
    }
    if (shows_progress) {
      std::fprintf(stderr, "\r\033[K%lld rows pruned; now %s",
                   static_cast<long long>(number(state->body, "round_rows")),
                   state->body.string_at("pruning").value_or("waiting").c_str());
    }
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace

void add_prune(CLI::App& app, Action& action) {
  SocketCommand command = add_socket_command(
      app, "prune", "Prunes what is older than its retention, now and to the end");
  auto options = std::make_shared<Options>();
  command.app->add_flag("--dry-run", options->is_dry_run,
                        "Change nothing: say how many rows would go, and how old the oldest is");
  command.app->add_flag("--json", options->is_json, "Print the result as JSON");
  command.app->footer(
      "The server does the same by itself, every minute, in small steps. The ages are its "
      "settings\n"
      "retention.*: `esclusa serve --help` lists them, docs/retention.md explains them.");
  command.app->callback([=, &action] {
    action = [=] {
      const auto api = command.socket->connect();
      return options->is_dry_run ? dry_run(api, *options) : prune(api, *options);
    };
  });
}

}  // namespace esclusa::cli
