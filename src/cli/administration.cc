#include "cli/administration.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "wire/json_writer.h"

namespace esclusa::cli {
namespace {

/// A subcommand of a group, with the options that reach the server.
struct Command {
  CLI::App* app;
  std::shared_ptr<SocketOptions> socket;
};

Command add_command(CLI::App& group, const char* name, const char* description) {
  auto* app = group.add_subcommand(name, description);
  return {app, add_socket_options(*app)};
}

/// A group that needs one of its subcommands.
CLI::App& add_group(CLI::App& app, const char* name, const char* description) {
  auto* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return *group;
}

/// Calls the server, and prints what `show` makes of the answer.
template <class Show>
int ask(const SocketOptions& socket, const std::string& method, const std::string& path,
        const std::string& body, Show show) {
  auto answer = socket.connect().call(method, "/esclusa/admin" + path, body);
  if (!answer) return report(answer.error());
  show(answer->body);
  return 0;
}

void show_nothing(const wire::Json&) {}

/// Prints the members of each object of an array as a table.
auto show_table(std::vector<std::string> members) {
  return [members = std::move(members)](const wire::Json& list) {
    std::vector<std::vector<std::string>> rows(1);
    for (const auto& member : members) {
      std::string heading = member;
      std::ranges::transform(heading, heading.begin(), [](unsigned char c) {
        return c == '_' ? ' ' : static_cast<char>(std::toupper(c));
      });
      rows[0].push_back(heading);
    }
    for (const wire::Json& item : list.elements()) {
      auto& row = rows.emplace_back();
      for (const auto& member : members) {
        auto value = item.find(member);
        if (!value || value->is_null())
          row.emplace_back("-");
        else
          row.push_back(value->string().value_or(value->text()));
      }
    }
    print_table(rows);
  };
}

/// The two halves of OWNER/NAME.
Result<std::pair<std::string, std::string>> split_name(const std::string& full_name) {
  TRY(client::repository_path(full_name));
  auto slash = full_name.find('/');
  return std::pair(full_name.substr(0, slash), full_name.substr(slash + 1));
}

}  // namespace

void add_user(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "user", "Administers accounts");
  struct Options {
    std::string login, kind = "user", human;
    bool site_admin = false;
  };
  Command create = add_command(group, "create", "Makes an account");
  auto options = std::make_shared<Options>();
  create.app->add_option("login", options->login, "Login")->required();
  create.app->add_option("--kind", options->kind, "user, organization or bot")
      ->capture_default_str();
  create.app->add_option("--human", options->human, "For a bot: who answers for it");
  create.app->add_flag("--site-admin", options->site_admin, "Administers every repository");
  create.app->callback([=, &action] {
    action = [=] {
      wire::JsonWriter json;
      json.begin_object()
          .member("login", options->login)
          .member("kind", options->kind)
          .member("human", options->human)
          .member("site_admin", options->site_admin)
          .end_object();
      return ask(*create.socket, "POST", "/users", json.take(), [](const wire::Json& account) {
        print_line("Made the " + account.string_at("kind").value_or("account") + " " +
                   account.string_at("login").value_or(""));
      });
    };
  });
  Command list = add_command(group, "list", "Lists the accounts");
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/users", "",
                 show_table({"id", "login", "kind", "site_admin", "created_at"}));
    };
  });
}

void add_token(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "token", "Administers tokens");
  struct Options {
    std::string login, scopes, name, expires_in;
  };
  Command create = add_command(group, "create", "Makes a token and prints it, once");
  auto options = std::make_shared<Options>();
  create.app->add_option("login", options->login, "Whose token")->required();
  create.app->add_option("--scopes", options->scopes,
                         "GitHub's classic scopes, such as repo_deployment,repo:status");
  create.app->add_option("--name", options->name, "What it is for");
  create.app->add_option("--expires-in", options->expires_in,
                         "Such as 90d or 12h; never if absent");
  create.app->callback([=, &action] {
    action = [=] {
      wire::JsonWriter json;
      json.begin_object().member("scopes", options->scopes).member("name", options->name);
      if (!options->expires_in.empty()) {
        auto seconds = parse_duration(options->expires_in);
        if (!seconds) {
          return report(
              {ErrorCode::invalid, "--expires-in should be such as 90d or 12h", {}, {}, {}});
        }
        json.member("expires_in_seconds", int64_t{seconds->count()});
      }
      json.end_object();
      return ask(*create.socket, "POST", "/users/" + percent_encode(options->login) + "/tokens",
                 json.take(), [](const wire::Json& token) {
                   print_line(token.string_at("token").value_or(""));
                 });
    };
  });
  Command list = add_command(group, "list", "Lists an account's tokens, without their text");
  auto login = std::make_shared<std::string>();
  list.app->add_option("login", *login, "Whose tokens")->required();
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/users/" + percent_encode(*login) + "/tokens", "",
                 show_table({"id", "name", "scopes", "created_at", "expires_at", "last_used_at",
                             "revoked_at"}));
    };
  });
  Command revoke = add_command(group, "revoke", "Makes a token open nothing any more, at once");
  auto id = std::make_shared<int64_t>();
  revoke.app->add_option("id", *id, "The token's id, from `esclusa token list`")->required();
  revoke.app->callback([=, &action] {
    action = [=] {
      return ask(*revoke.socket, "DELETE", "/tokens/" + std::to_string(*id), "", show_nothing);
    };
  });
}

void add_organization(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "org", "Administers organizations");
  struct Options {
    std::string organization, login, role = "member";
  };
  Command add = add_command(group, "add", "Makes an account a member of an organization");
  auto options = std::make_shared<Options>();
  add.app->add_option("organization", options->organization, "Organization")->required();
  add.app->add_option("login", options->login, "Member")->required();
  add.app->add_option("--role", options->role, "member, or admin: administers its repositories")
      ->capture_default_str();
  add.app->callback([=, &action] {
    action = [=] {
      wire::JsonWriter json;
      json.begin_object().member("role", options->role).end_object();
      return ask(*add.socket, "PUT",
                 "/organizations/" + percent_encode(options->organization) + "/members/" +
                     percent_encode(options->login),
                 json.take(), show_nothing);
    };
  });
}

namespace {

struct RepositoryOptions {
  std::string full_name, path, auto_merge;
  bool writable = false, is_public = false, is_private = false;
};

int create_repository(const RepositoryOptions& options, const SocketOptions& socket) {
  auto names = split_name(options.full_name);
  if (!names) return report(names.error());
  wire::JsonWriter json;
  json.begin_object()
      .member("owner", names->first)
      .member("name", names->second)
      .member("writable", options.writable)
      .member("visibility", options.is_public ? "public" : "private");
  if (!options.path.empty()) {
    // The server has another working folder.
    json.member("path", std::filesystem::absolute(options.path).string());
  }
  if (!options.auto_merge.empty()) json.member("auto_merge", options.auto_merge);
  json.end_object();
  return ask(socket, "POST", "/repositories", json.take(), [](const wire::Json& made) {
    print_line("Registered " + made.string_at("full_name").value_or("") + " (" +
               made.string_at("visibility").value_or("") + ", default branch " +
               made.string_at("default_branch").value_or("") + ") at " +
               made.string_at("path").value_or(""));
  });
}

int rename_repository(const std::string& full_name, const std::string& new_name,
                      const SocketOptions& socket) {
  auto path = client::repository_path(full_name);
  if (!path) return report(path.error());
  wire::JsonWriter json;
  json.begin_object().member("name", new_name).end_object();
  return ask(socket, "PATCH", "/repositories/" + *path, json.take(), [&](const wire::Json& made) {
    print_line("Renamed " + full_name + " to " + made.string_at("full_name").value_or(""));
  });
}

void add_repository_options(const Command& command, RepositoryOptions& options) {
  command.app->add_option("repository", options.full_name, "OWNER/NAME")->required();
  auto* is_public = command.app->add_flag("--public", options.is_public, "Everybody may read it");
  command.app->add_flag("--private", options.is_private, "Only those with a role (the default)")
      ->excludes(is_public);
  command.app->add_option("--auto-merge", options.auto_merge,
                          "merge, refuse or ignore (merge if writable, else ignore)");
}

}  // namespace

void add_repository(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "repo", "Administers repositories");

  Command add = add_command(group, "add", "Registers an existing git repository");
  auto added = std::make_shared<RepositoryOptions>();
  add_repository_options(add, *added);
  add.app->add_option("path", added->path, "The repository, bare or not")->required();
  add.app->add_flag("--writable", added->writable, "Let Esclusa write refs and objects there");
  add.app->callback(
      [=, &action] { action = [=] { return create_repository(*added, *add.socket); }; });

  Command create = add_command(group, "create", "Makes an empty bare repository");
  auto created = std::make_shared<RepositoryOptions>();
  add_repository_options(create, *created);
  create.app->callback(
      [=, &action] { action = [=] { return create_repository(*created, *create.socket); }; });

  Command list = add_command(group, "list", "Lists the repositories");
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/repositories", "",
                 show_table({"id", "full_name", "visibility", "writable", "auto_merge",
                             "default_branch", "path"}));
    };
  });

  Command rename = add_command(group, "rename", "Gives a repository another name");
  rename.app->footer("The old name goes on leading to it, until another repository takes it.");
  auto full_name = std::make_shared<std::string>();
  auto new_name = std::make_shared<std::string>();
  rename.app->add_option("repository", *full_name, "OWNER/NAME")->required();
  rename.app->add_option("new_name", *new_name, "The new NAME, without owner")->required();
  rename.app->callback([=, &action] {
    action = [=] { return rename_repository(*full_name, *new_name, *rename.socket); };
  });

  struct GrantOptions {
    std::string full_name, login, role;
  };
  Command grant = add_command(group, "grant", "Gives an account a role in a repository");
  auto granted = std::make_shared<GrantOptions>();
  grant.app->add_option("repository", granted->full_name, "OWNER/NAME")->required();
  grant.app->add_option("login", granted->login, "Account")->required();
  grant.app->add_option("role", granted->role, "read, triage, write, maintain, admin, or none")
      ->required();
  grant.app->callback([=, &action] {
    action = [=] {
      auto path = client::repository_path(granted->full_name);
      if (!path) return report(path.error());
      wire::JsonWriter json;
      json.begin_object().member("role", granted->role).end_object();
      return ask(*grant.socket, "PUT",
                 "/repositories/" + *path + "/roles/" + percent_encode(granted->login), json.take(),
                 show_nothing);
    };
  });
}

}  // namespace esclusa::cli
