#include "cli/repositories.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

/// Splits OWNER/NAME.
Result<std::pair<std::string, std::string>> split_name(const std::string& full_name) {
  TRY(client::repository_path(full_name));
  auto slash = full_name.find('/');
  return std::pair(full_name.substr(0, slash), full_name.substr(slash + 1));
}

struct RepositoryOptions {
  std::string full_name, path, auto_merge;
  std::vector<std::string> alternates;
  bool writable = false, is_public = false, is_private = false;
};

/// The server has another working directory, so paths are sent as absolute paths.
std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

void add_alternates(JsonWriter& json, const std::vector<std::string>& alternates) {
  json.key("alternates").begin_array();
  for (const std::string& alternate : alternates) json.value(absolute(alternate));
  json.end_array();
}

/// Prints what the server found in the folder, one sentence on each line.
void print_found(const Json& answer) {
  const auto found = answer.find("found");
  for (const Json& sentence : found ? found->elements() : std::vector<Json>{}) {
    print_line("  " + sentence.string().value_or(""));
  }
}

std::string text_at(const Json& answer, const char* member) {
  return answer.string_at(member).value_or("");
}

int create_repository(const RepositoryOptions& options, const SocketOptions& socket) {
  auto names = split_name(options.full_name);
  if (!names) return report(names.error());
  JsonWriter json;
  json.begin_object()
      .member("owner", names->first)
      .member("name", names->second)
      .member("writable", options.writable)
      .member("visibility", options.is_public ? "public" : "private");
  if (!options.path.empty()) json.member("path", absolute(options.path));
  if (!options.alternates.empty()) add_alternates(json, options.alternates);
  if (!options.auto_merge.empty()) json.member("auto_merge", options.auto_merge);
  json.end_object();
  return ask(socket, "POST", "/repositories", json.take(), [](const Json& made) {
    print_line("Registered " + text_at(made, "full_name") + " (" + text_at(made, "visibility") +
               ", default branch " + text_at(made, "default_branch") + ") at " +
               text_at(made, "path"));
    print_found(made);
  });
}

int rename_repository(const std::string& full_name, const std::string& new_name,
                      const SocketOptions& socket) {
  auto path = client::repository_path(full_name);
  if (!path) return report(path.error());
  JsonWriter json;
  json.begin_object().member("name", new_name).end_object();
  return ask(socket, "PATCH", "/repositories/" + *path, json.take(), [&](const Json& made) {
    print_line("Renamed " + full_name + " to " + made.string_at("full_name").value_or(""));
  });
}

void add_repository_options(const SocketCommand& command, RepositoryOptions& options) {
  command.app->add_option("repository", options.full_name, "OWNER/NAME")->required();
  auto* is_public = command.app->add_flag("--public", options.is_public, "Everybody may read it");
  command.app->add_flag("--private", options.is_private, "Only those with a role (the default)")
      ->excludes(is_public);
  command.app->add_option("--auto-merge", options.auto_merge,
                          "merge, refuse or ignore (merge if writable, else ignore)");
}

void add_new_environments(CLI::App& group, Action& action) {
  auto full_name = std::make_shared<std::string>();
  auto policy = std::make_shared<std::string>();
  SocketCommand environments = add_socket_command(
      group, "environments", "Chooses whether deployments make the environments that they name");
  environments.app->footer(
      "known: a deployment to an environment that is not there is refused, so that none comes "
      "into\n"
      "being by a typing error; administrators make environments. any: it is made, as on GitHub.");
  environments.app->add_option("repository", *full_name, "OWNER/NAME")->required();
  environments.app->add_option("policy", *policy, "known or any")
      ->required()
      ->check(CLI::IsMember({"known", "any"}));
  environments.app->callback([=, &action] {
    action = [=] {
      auto path = client::repository_path(*full_name);
      if (!path) return report(path.error());
      JsonWriter json;
      json.begin_object().member("environments", *policy).end_object();
      return ask(*environments.socket, "PUT", "/repositories/" + *path + "/environments",
                 json.take(), show_nothing);
    };
  });
}

struct SetOptions {
  std::string full_name, default_branch, auto_merge, path;
  std::vector<std::string> alternates;
  bool writable = false, read_only = false, is_public = false, is_private = false;
  bool has_no_alternates = false;
};

int set_repository(const SetOptions& options, const SocketOptions& socket) {
  auto path = client::repository_path(options.full_name);
  if (!path) return report(path.error());
  JsonWriter json;
  json.begin_object();
  if (options.default_branch == "auto") json.member("default_branch", nullptr);
  if (!options.default_branch.empty() && options.default_branch != "auto") {
    json.member("default_branch", options.default_branch);
  }
  if (options.writable || options.read_only) json.member("writable", options.writable);
  if (!options.auto_merge.empty()) json.member("auto_merge", options.auto_merge);
  if (options.is_public || options.is_private) {
    json.member("visibility", options.is_public ? "public" : "private");
  }
  if (!options.path.empty()) json.member("path", absolute(options.path));
  if (!options.alternates.empty() || options.has_no_alternates) {
    add_alternates(json, options.alternates);
  }
  json.end_object();
  return ask(socket, "PATCH", "/repositories/" + *path, json.take(), [](const Json& now) {
    const auto writable = now.find("writable");
    print_line(text_at(now, "full_name") + " (" + text_at(now, "visibility") + ", " +
               (writable && writable->boolean().value_or(false) ? "writable" : "read-only") +
               ", auto_merge " + text_at(now, "auto_merge") + ", default branch " +
               text_at(now, "default_branch") +
               (text_at(now, "default_branch_source") == "head" ? " as HEAD says" : "") + ") at " +
               text_at(now, "path"));
    print_found(now);
  });
}

void add_set(CLI::App& group, Action& action) {
  SocketCommand set = add_socket_command(group, "set", "Changes how a repository is registered");
  auto options = std::make_shared<SetOptions>();
  CLI::App& app = *set.app;
  app.add_option("repository", options->full_name, "OWNER/NAME")->required();
  app.add_option("--default-branch", options->default_branch,
                 "A branch, or auto: the one that HEAD of a bare repository points to");
  auto* writable = app.add_flag("--writable", options->writable, "Let Esclusa write there");
  app.add_flag("--read-only", options->read_only, "Let Esclusa write nothing there")
      ->excludes(writable);
  app.add_option("--auto-merge", options->auto_merge, "merge, refuse or ignore");
  auto* is_public = app.add_flag("--public", options->is_public, "Everybody may read it");
  app.add_flag("--private", options->is_private, "Only those with a role")->excludes(is_public);
  app.add_option("--path", options->path, "Where the repository is now");
  auto* alternate = app.add_option("--alternate", options->alternates,
                                   "A folder of objects that it may borrow from (name them all)");
  app.add_flag("--no-alternates", options->has_no_alternates, "It may borrow from nowhere")
      ->excludes(alternate);
  app.footer(
      "HEAD of the repository is not moved: the default branch is what Esclusa takes for "
      "it.\nA repository that becomes read-only is not merged in any more.");
  app.callback([=, &action] { action = [=] { return set_repository(*options, *set.socket); }; });
}

/// `1 hook`, `2 hooks`.
std::string count_of(const Json& answer, const char* member, const std::string& noun) {
  const int64_t count = answer.integer_at(member).value_or(0);
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void add_remove(CLI::App& group, Action& action) {
  SocketCommand remove =
      add_socket_command(group, "remove", "Ends the registration of a repository");
  auto full_name = std::make_shared<std::string>();
  remove.app->add_option("repository", *full_name, "OWNER/NAME")->required();
  remove.app->footer(
      "Its folder stays as it is, and so does what was recorded, for the audit log; nobody can "
      "read it by the API any more.\nWhat waits at gates ends as a failure; hooks and deploy keys "
      "are deleted; deployment events that were not delivered yet are not sent.");
  remove.app->callback([=, &action] {
    action = [=] {
      auto path = client::repository_path(*full_name);
      if (!path) return report(path.error());
      return ask(*remove.socket, "DELETE", "/repositories/" + *path, "", [](const Json& removed) {
        print_line("Removed " + text_at(removed, "full_name") + ": ended " +
                   count_of(removed, "deployment_count", "deployment") + " that waited, deleted " +
                   count_of(removed, "hook_count", "hook") + " and " +
                   count_of(removed, "deploy_key_count", "deploy key"));
        print_line("Its folder is as it was, refs/deployments included: " +
                   text_at(removed, "path"));
      });
    };
  });
}

void add_protections(CLI::App& group, Action& action) {
  struct Options {
    std::string full_name, pattern;
    bool remove = false;
  };
  auto call = [](const std::string& method, const Options& options, const SocketOptions& socket,
                 const Show& show) {
    auto path = client::repository_path(options.full_name);
    if (!path) return report(path.error());
    std::string below = "/repositories/" + *path + "/branch-protections";
    if (!options.pattern.empty()) below += "/" + percent_encode(options.pattern);
    return ask(socket, method, below, "", show);
  };
  auto options = std::make_shared<Options>();
  SocketCommand protect =
      add_socket_command(group, "protect", "Protects the branches whose names match a pattern");
  protect.app->footer(
      "A pattern is that of Ruby's File.fnmatch with FNM_PATHNAME: main, 'release/*', "
      "'**/hotfix'.\n"
      "Branch policies of environments decide what a protection means.");
  protect.app->add_option("repository", options->full_name, "OWNER/NAME")->required();
  protect.app->add_option("pattern", options->pattern, "The pattern")->required();
  protect.app->add_flag("--remove", options->remove, "Take the pattern back");
  protect.app->callback([=, &action] {
    action = [=] {
      if (options->pattern.empty()) {
        return report({ErrorCode::invalid, "A pattern has one character at least", {}, {}, {}});
      }
      return call(options->remove ? "DELETE" : "PUT", *options, *protect.socket, show_nothing);
    };
  });
  SocketCommand list =
      add_socket_command(group, "protections", "Lists the patterns of protected branches");
  auto listed = std::make_shared<Options>();
  list.app->add_option("repository", listed->full_name, "OWNER/NAME")->required();
  list.app->callback([=, &action] {
    action = [=] {
      return call("GET", *listed, *list.socket, show_table({"pattern", "created_at"}));
    };
  });
}

}  // namespace

void add_repository(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "repo", "Administers repositories");

  SocketCommand add = add_socket_command(group, "add", "Registers an existing git repository");
  auto added = std::make_shared<RepositoryOptions>();
  add_repository_options(add, *added);
  add.app->add_option("path", added->path, "The repository, bare or not")->required();
  add.app->add_flag("--writable", added->writable, "Let Esclusa write refs and objects there");
  add.app->add_option("--alternate", added->alternates,
                      "A folder of objects that it may borrow from (once for each)");
  add.app->callback(
      [=, &action] { action = [=] { return create_repository(*added, *add.socket); }; });

  SocketCommand create = add_socket_command(group, "create", "Makes an empty bare repository");
  auto created = std::make_shared<RepositoryOptions>();
  add_repository_options(create, *created);
  create.app->callback(
      [=, &action] { action = [=] { return create_repository(*created, *create.socket); }; });

  SocketCommand list = add_socket_command(group, "list", "Lists the repositories");
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/repositories", "",
                 show_table({"id", "full_name", "visibility", "writable", "auto_merge",
                             "default_branch", "path", "health"}));
    };
  });

  add_set(group, action);
  add_remove(group, action);

  SocketCommand rename = add_socket_command(group, "rename", "Gives a repository another name");
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
  SocketCommand grant =
      add_socket_command(group, "grant", "Gives an account a role in a repository");
  auto granted = std::make_shared<GrantOptions>();
  grant.app->add_option("repository", granted->full_name, "OWNER/NAME")->required();
  grant.app->add_option("login", granted->login, "Account")->required();
  grant.app->add_option("role", granted->role, "read, triage, write, maintain, admin, or none")
      ->required();
  grant.app->callback([=, &action] {
    action = [=] {
      auto path = client::repository_path(granted->full_name);
      if (!path) return report(path.error());
      JsonWriter json;
      json.begin_object().member("role", granted->role).end_object();
      return ask(*grant.socket, "PUT",
                 "/repositories/" + *path + "/roles/" + percent_encode(granted->login), json.take(),
                 show_nothing);
    };
  });
  add_new_environments(group, action);
  add_protections(group, action);
}

}  // namespace esclusa::cli
