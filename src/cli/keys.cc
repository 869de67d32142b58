#include "cli/keys.h"

#include <CLI/CLI.hpp>

#include "base/json_writer.h"
#include "base/time.h"
#include "cli/connection.h"
#include "cli/input_file.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

constexpr size_t per_page = 100;

/// The options of all three commands: the repository, and how to reach the server.
struct KeyOptions {
  std::string repository;
  std::shared_ptr<ServerOptions> server;

  Result<std::string> path() const {
    return "/repos/" + TRY(client::repository_path(repository)) + "/keys";
  }
};

std::shared_ptr<KeyOptions> add_key_options(CLI::App& command) {
  auto options = std::make_shared<KeyOptions>();
  command.add_option("repository", options->repository, "OWNER/REPO")->required();
  options->server = add_server_options(command);
  return options;
}

/// The duration that the option has; `nullopt` if the option was not given.
Result<std::optional<std::chrono::seconds>> read_span(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto span = parse_duration(text);
  if (span) return span;
  return fail(ErrorCode::invalid, std::string(option) + " should be such as 90d or 12h");
}

// ------------------------------------------------------------------ list

Result<std::vector<Json>> fetch_keys(const KeyOptions& options) {
  const auto api = TRY(options.server->connect());
  const std::string path = TRY(options.path()) + "?per_page=" + std::to_string(per_page);
  std::vector<Json> keys;
  for (int page = 1;; ++page) {
    const auto some = TRY(api.call("GET", path + "&page=" + std::to_string(page))).body.elements();
    keys.insert(keys.end(), some.begin(), some.end());
    if (some.size() < per_page) return keys;
  }
}

/// Whether the key was not used since then; a key that was never used counts from its creation.
bool is_idle(const Json& key, Timestamp since) {
  auto latest = key.string_at("last_used");
  if (!latest) latest = key.string_at("created_at");
  const auto time = parse_time(latest.value_or(""));
  return time && *time < since;
}

std::vector<std::string> row_of(const Json& key) {
  const auto is = [&](const char* name) {
    const auto member = key.find(name);
    return member && member->boolean().value_or(false);
  };
  return {std::to_string(key.integer_at("id").value_or(0)),
          key.string_at("title").value_or(""),
          is("read_only") ? "read" : "write",
          key.find("enabled") && !is("enabled") ? "no" : "yes",
          key.string_at("added_by").value_or("-"),
          key.string_at("created_at").value_or("-"),
          key.string_at("last_used").value_or("never"),
          key.string_at("expires_at").value_or("never")};
}

int list_keys(const KeyOptions& options, const std::string& idle) {
  const auto span = read_span("--idle", idle);
  if (!span) return report(span.error());
  const auto keys = fetch_keys(options);
  if (!keys) return report(keys.error());
  std::vector<std::vector<std::string>> rows = {
      {"ID", "TITLE", "MAY", "ENABLED", "ADDED BY", "CREATED", "LAST USED", "EXPIRES"}};
  for (const Json& key : *keys) {
    if (!*span || is_idle(key, system_now() - **span)) rows.push_back(row_of(key));
  }
  print_table(rows);
  return 0;
}

// ------------------------------------------------------------------ add

struct AddOptions {
  std::string file, title, expires_in;
  bool allow_write = false;
};

constexpr std::string_view public_key_advice =
    ". The public one is in the file with .pub at its end";

Result<Json> send_key(const KeyOptions& options, const AddOptions& add) {
  JsonWriter json;
  json.begin_object()
      .member("key", TRY(read_public_key(add.file, public_key_advice)))
      .member("read_only", !add.allow_write);
  if (!add.title.empty()) json.member("title", add.title);
  if (const auto span = TRY(read_span("--expires-in", add.expires_in))) {
    json.member("expires_at", system_now() + *span);
  }
  json.end_object();
  const auto api = TRY(options.server->connect());
  return TRY(api.call("POST", TRY(options.path()), json.take())).body;
}

int add_one(const KeyOptions& options, const AddOptions& add) {
  const auto key = send_key(options, add);
  if (!key) return report(key.error());
  print_line("Key " + std::to_string(key->integer_at("id").value_or(0)) + ": " +
             key->string_at("title").value_or("") + " may " +
             (add.allow_write ? "read and write " : "read ") + options.repository);
  return 0;
}

// ------------------------------------------------------------------ delete

int delete_one(const KeyOptions& options, int64_t id) {
  const auto path = options.path();
  if (!path) return report(path.error());
  const auto api = options.server->connect();
  if (!api) return report(api.error());
  const auto deleted = api->call("DELETE", *path + "/" + std::to_string(id));
  return deleted ? 0 : report(deleted.error());
}

}  // namespace

void add_key(CLI::App& app, Action& action) {
  CLI::App* group = app.add_subcommand("key", "Administers the deploy keys of a repository");
  group->require_subcommand(1);

  auto* list = group->add_subcommand("list", "Lists the keys, oldest first");
  auto listed = add_key_options(*list);
  auto idle = std::make_shared<std::string>();
  list->add_option("--idle", *idle, "Only keys that nobody used for so long, such as 90d");
  list->callback([=, &action] { action = [=] { return list_keys(*listed, *idle); }; });

  auto* add = group->add_subcommand("add", "Adds a read-only key; with --allow-write it may push");
  auto added = add_key_options(*add);
  auto options = std::make_shared<AddOptions>();
  add->add_option("file", options->file, "The public key's file; - for standard input")->required();
  add->add_option("--title", options->title, "What it is for; its comment if absent");
  add->add_flag("--allow-write", options->allow_write, "It may also push");
  add->add_option("--expires-in", options->expires_in, "Such as 90d or 12h; never if absent");
  add->callback([=, &action] { action = [=] { return add_one(*added, *options); }; });

  auto* remove = group->add_subcommand("delete", "Deletes a key, at once");
  auto removed = add_key_options(*remove);
  auto id = std::make_shared<int64_t>();
  remove->add_option("id", *id, "The key's id, from `esclusa key list`")->required();
  remove->callback([=, &action] { action = [=] { return delete_one(*removed, *id); }; });
}

}  // namespace esclusa::cli
