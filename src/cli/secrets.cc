#include "cli/secrets.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>

#include "base/json_writer.h"
#include "base/keyring.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/input_file.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

/// The options of all commands about one environment.
struct PlaceOptions {
  std::string repository, environment;
  std::shared_ptr<ServerOptions> server;

  /// `what` is `secrets` or `variables`.
  Result<std::string> path(const std::string& what) const {
    return "/repos/" + TRY(client::repository_path(repository)) + "/environments/" +
           percent_encode(environment) + "/" + what;
  }
};

std::shared_ptr<PlaceOptions> add_place_options(CLI::App& command) {
  auto options = std::make_shared<PlaceOptions>();
  command.add_option("repository", options->repository, "OWNER/REPO")->required();
  command.add_option("--env", options->environment, "The environment")->required();
  options->server = add_server_options(command);
  options->server->needed = "--scopes repo, for a LOGIN with the role admin in the repository";
  return options;
}

/// A name, and where its value is.
struct Entry {
  std::string name;
  std::string file = "-";
};

/// Prints the error. The server says `Not Found` alone, as GitHub does.
int report_at(const PlaceOptions& place, Error error) {
  if (error.code == ErrorCode::not_found) {
    error.message += ": the repository " + place.repository + ", its environment " +
                     place.environment +
                     " or the name is not there, or the token may not see it. " + "It needs " +
                     place.server->needed;
  }
  return report(error);
}

int done(const PlaceOptions& place, const Result<void>& result) {
  return result ? 0 : report_at(place, result.error());
}

/// All pages of a list; `name` is the member that holds it.
Result<std::vector<Json>> fetch_all(const PlaceOptions& place, const std::string& name,
                                    size_t per_page) {
  const auto api = TRY(place.server->connect());
  const std::string path = TRY(place.path(name)) + "?per_page=" + std::to_string(per_page);
  std::vector<Json> all;
  for (int page = 1;; ++page) {
    const auto answer = TRY(api.call("GET", path + "&page=" + std::to_string(page))).body;
    const auto list = answer.find(name);
    const auto some = list ? list->elements() : std::vector<Json>();
    all.insert(all.end(), some.begin(), some.end());
    if (some.size() < per_page) return all;
  }
}

int list_all(const PlaceOptions& place, const std::string& name, size_t per_page,
             const std::vector<std::string>& members) {
  const auto all = fetch_all(place, name, per_page);
  if (!all) return report_at(place, all.error());
  std::vector<std::vector<std::string>> rows(1);
  for (const std::string& member : members) {
    std::string heading = member;
    for (char& c : heading)
      c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    rows[0].push_back(heading);
  }
  for (const Json& item : *all) {
    auto& row = rows.emplace_back();
    for (const std::string& member : members) row.push_back(item.string_at(member).value_or(""));
  }
  print_table(rows);
  return 0;
}

Result<void> remove(const PlaceOptions& place, const std::string& what, const std::string& name) {
  const auto api = TRY(place.server->connect());
  TRY(api.call("DELETE", TRY(place.path(what)) + "/" + percent_encode(name)));
  return {};
}

// ------------------------------------------------------------------ secrets

/// Seals the value here, for the environment's public key: the server alone opens it.
Result<void> set_secret(const PlaceOptions& place, const Entry& entry) {
  const Secret value(TRY(read_secret(entry.file)));
  const auto api = TRY(place.server->connect());
  const std::string path = TRY(place.path("secrets"));
  const auto key = TRY(api.call("GET", path + "/public-key")).body;
  const auto public_key = base64_decode(key.string_at("key").value_or(""));
  const auto box = public_key ? seal_box(*public_key, value) : std::nullopt;
  if (!box) return fail(ErrorCode::unavailable, "the server's answer has no public key");
  JsonWriter json;
  json.begin_object()
      .member("encrypted_value", base64(*box))
      .member("key_id", key.string_at("key_id").value_or(""))
      .end_object();
  TRY(api.call("PUT", path + "/" + percent_encode(entry.name), json.take()));
  return {};
}

// ------------------------------------------------------------------ variables

Result<void> set_variable(const PlaceOptions& place, const Entry& entry) {
  std::string value = TRY(read_input(entry.file, "the value in "));
  if (value.ends_with('\n')) value.pop_back();
  const auto api = TRY(place.server->connect());
  const std::string path = TRY(place.path("variables"));
  JsonWriter json;
  json.begin_object().member("name", entry.name).member("value", value).end_object();
  const auto created = api.call("POST", path, json.text());
  if (created) return {};
  if (created.error().code != ErrorCode::conflict) return std::unexpected(created.error());
  JsonWriter changed;
  changed.begin_object().member("value", value).end_object();
  TRY(api.call("PATCH", path + "/" + percent_encode(entry.name), changed.take()));
  return {};
}

Result<std::string> get_variable(const PlaceOptions& place, const std::string& name) {
  const auto api = TRY(place.server->connect());
  const auto variable =
      TRY(api.call("GET", TRY(place.path("variables")) + "/" + percent_encode(name))).body;
  return variable.string_at("value").value_or("");
}

// ------------------------------------------------------------------ the key

/// The line `k2 BASE64` of the new key, which the file has as its last or only one.
Result<std::string> read_new_key(const std::string& file) {
  std::string content = TRY(read_input(file, "the key in "));
  const bool is_raw = content.size() == SealingKey::bytes;
  const auto keys = parse_keyring(content);
  wipe(content);
  if (!keys || is_raw) {
    return fail(ErrorCode::invalid,
                file +
                    " should have a line such as `k2 BASE64`, with a number that is greater "
                    "than the present key's; after k1 it is k2. To make one: umask 077; "
                    "printf 'k2 %s\\n' "
                    "\"$(head -c 32 /dev/urandom | base64)\" > " +
                    file);
  }
  const Secret line = format_keyring({keys->back()});
  return std::string(trim(line.reveal()));
}

void print_rotation(const Json& report) {
  const std::string former = report.string_at("former_key_id").value_or("");
  const std::string key = report.string_at("key_id").value_or("");
  const std::string place = report.string_at("place").value_or("");
  print_line("The key is " + key +
             " now: " + std::to_string(report.integer_at("resealed").value_or(0)) +
             " sealed values were sealed again (secrets of environments, the environments' "
             "private keys, secrets and credentials of webhooks)");
  const auto is_external = report.find("is_external");
  if (is_external && is_external->boolean().value_or(false)) {
    print_line("Before the next start, make " + key + " the only key in " + place +
               ": the server has written nothing there, and does not start with " + former);
  } else {
    print_line(former + " was removed from " + place);
  }
  print_line("Backups that were made until now need " + former +
             ": keep it with them, and make a new backup");
}

int rotate(const SocketOptions& socket, const std::string& file) {
  JsonWriter json;
  json.begin_object();
  if (!file.empty()) {
    const auto key = read_new_key(file);
    if (!key) return report(key.error());
    json.member("new_key", *key);
  }
  json.end_object();
  return ask(socket, "POST", "/secret-key/rotations", json.take(), print_rotation);
}

/// The subcommands `list` and `delete` of secrets or variables.
void add_list_and_delete(CLI::App& group, Action& action, const std::string& what, size_t per_page,
                         const std::vector<std::string>& members) {
  auto* list = group.add_subcommand("list", "Lists the " + what + " by name");
  auto listed = add_place_options(*list);
  list->callback(
      [=, &action] { action = [=] { return list_all(*listed, what, per_page, members); }; });

  auto* deletion = group.add_subcommand("delete", "Deletes one, at once");
  auto place = add_place_options(*deletion);
  auto name = std::make_shared<std::string>();
  deletion->add_option("name", *name, "Its name")->required();
  deletion->callback(
      [=, &action] { action = [=] { return done(*place, remove(*place, what, *name)); }; });
}

}  // namespace

void add_secret(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "secret", "Administers the secrets of an environment");

  auto* set = group.add_subcommand("set", "Sets a secret, from standard input or a file");
  auto place = add_place_options(*set);
  auto entry = std::make_shared<Entry>();
  set->add_option("name", entry->name, "Its name")->required();
  set->add_option("--file", entry->file,
                  "File that holds the value; standard input if absent. A line feed at its end is "
                  "left out");
  set->footer("The value is sealed before it is sent. No command shows it again.");
  set->callback(
      [=, &action] { action = [=] { return done(*place, set_secret(*place, *entry)); }; });

  add_list_and_delete(group, action, "secrets", 100, {"name", "created_at", "updated_at"});

  auto rotation = add_socket_command(group, "rotate-key", "Changes the key that seals all secrets");
  auto file = std::make_shared<std::string>();
  rotation.app->add_option("--new-key", *file,
                           "File of the new key, where the server does not keep its key itself");
  rotation.app->callback(
      [=, &action] { action = [=] { return rotate(*rotation.socket, *file); }; });
}

void add_variable(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "variable", "Administers the variables of an environment");

  auto* set = group.add_subcommand("set", "Sets a variable, from standard input or a file");
  auto place = add_place_options(*set);
  auto entry = std::make_shared<Entry>();
  set->add_option("name", entry->name, "Its name")->required();
  set->add_option("--file", entry->file,
                  "File that holds the value; standard input if absent. A line feed at its end is "
                  "left out");
  set->callback(
      [=, &action] { action = [=] { return done(*place, set_variable(*place, *entry)); }; });

  auto* get = group.add_subcommand("get", "Prints the value of a variable");
  auto from = add_place_options(*get);
  auto name = std::make_shared<std::string>();
  get->add_option("name", *name, "Its name")->required();
  get->callback([=, &action] {
    action = [=] {
      const auto value = get_variable(*from, *name);
      if (!value) return report_at(*from, value.error());
      std::printf("%s\n", value->c_str());
      return 0;
    };
  });

  add_list_and_delete(group, action, "variables", 30, {"name", "value", "updated_at"});
}

}  // namespace esclusa::cli
