#include "cli/apps.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "base/descriptor.h"
#include "base/json_writer.h"
#include "base/jwt.h"
#include "base/text.h"
#include "cli/app_output.h"
#include "cli/app_settings.h"
#include "cli/input_file.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

// ------------------------------------------------------------------ keys

/// Where the key pair comes from: `--public-key` names one that is there, otherwise a new one is
/// made, and its private half goes to `--key-file`.
struct KeyOptions {
  std::string public_key_file;
  std::string private_key_file;
};

void add_key_options(CLI::App& command, KeyOptions& options) {
  auto* given = command.add_option("--public-key", options.public_key_file,
                                   "A public RSA key in PEM; makes a new pair if absent");
  command
      .add_option("--key-file", options.private_key_file,
                  "A new file for the private key; - for standard output")
      ->excludes(given);
}

/// A file that only its owner can read; it must not be there.
class NewFile {
 public:
  static Result<NewFile> make(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
      return fail(ErrorCode::invalid, "cannot make " + path + ": " + std::strerror(errno));
    }
    return NewFile(path, Descriptor(fd));
  }
  Result<void> write(const std::string& text) {
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t count = ::write(fd_.get(), rest.data(), rest.size());
      if (count < 0) {
        return fail(ErrorCode::invalid, "cannot write " + path_ + ": " + std::strerror(errno));
      }
      rest.remove_prefix(static_cast<size_t>(count));
    }
    return {};
  }
  void remove() { ::unlink(path_.c_str()); }

 private:
  NewFile(std::string path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  Descriptor fd_;
};

/// Sends `{…, "public_key": PEM}` by POST. The private key of a new pair is written before the
/// server is asked: a pair of which nobody has the private half must not exist there.
Result<Json> send_with_key(const SocketOptions& socket, const std::string& path, JsonWriter json,
                           const KeyOptions& options) {
  const auto send = [&](const std::string& public_key) -> Result<Json> {
    json.member("public_key", public_key).end_object();
    return TRY(socket.connect().call("POST", "/esclusa/admin" + path, json.take())).body;
  };
  if (!options.public_key_file.empty())
    return send(TRY(read_public_key(options.public_key_file, "")));
  if (options.private_key_file.empty()) {
    return fail(ErrorCode::invalid, "--key-file or --public-key is required");
  }
  const RsaKeyPair pair = new_rsa_key_pair();
  if (options.private_key_file == "-") {
    auto answer = TRY(send(pair.public_key.pem));
    std::cout << pair.private_key.reveal() << std::flush;
    return answer;
  }
  NewFile file = TRY(NewFile::make(options.private_key_file));
  const auto written = file.write(pair.private_key.reveal());
  auto answer = written ? send(pair.public_key.pem) : std::unexpected(written.error());
  if (!answer) file.remove();
  return answer;
}

// ------------------------------------------------------------------ create, key

struct CreateOptions {
  std::string name, owner, human, url, description;
  std::vector<std::string> permissions, events;
  KeyOptions key;
};

int create(const CreateOptions& options, const SocketOptions& socket) {
  JsonWriter json;
  json.begin_object()
      .member("name", options.name)
      .member("owner", options.owner)
      .member("human", options.human)
      .member("external_url", options.url)
      .member("description", options.description)
      .member("permissions", join(options.permissions, ","))
      .key("events")
      .begin_array();
  for (const std::string& event : options.events) json.value(event);
  json.end_array();
  const auto app = send_with_key(socket, "/apps", std::move(json), options.key);
  if (!app) return report(app.error());
  const std::string line = "Made the app " + text_at(*app, "slug") + ": id " +
                           std::to_string(app->integer_at("id").value_or(0)) + ", client id " +
                           text_at(*app, "client_id") + ", bot " + text_at(*app, "bot");
  // Standard output may be the private key's file.
  if (options.key.private_key_file == "-") {
    std::cerr << printable(line) << "\n";
  } else {
    print_line(line);
  }
  return 0;
}

void add_create(CLI::App& group, Action& action) {
  SocketCommand command = add_socket_command(group, "create", "Makes an app and its first key");
  auto options = std::make_shared<CreateOptions>();
  command.app->add_option("name", options->name, "Its name; the slug is made of it")->required();
  command.app->add_option("--owner", options->owner, "A user or an organization")->required();
  command.app->add_option("--permission", options->permissions,
                          "Such as deployments=write; may be repeated");
  command.app->add_option("--event", options->events, "Such as deployment; may be repeated");
  command.app->add_option("--human", options->human,
                          "Who answers for its bot; otherwise the owner, if that is a user");
  command.app->add_option("--url", options->url, "Its page");
  command.app->add_option("--description", options->description, "What it does");
  add_key_options(*command.app, options->key);
  command.app->callback(
      [=, &action] { action = [=] { return create(*options, *command.socket); }; });
}

struct ChangeKeyOptions {
  std::string app;
  std::optional<int64_t> removed;
  KeyOptions key;
};

int change_keys(const ChangeKeyOptions& options, const SocketOptions& socket) {
  const std::string path = app_path(options.app) + "/keys";
  if (options.removed) {
    return ask(socket, "DELETE", path + "/" + std::to_string(*options.removed), "", show_nothing);
  }
  JsonWriter json;
  json.begin_object();
  const auto key = send_with_key(socket, path, std::move(json), options.key);
  if (!key) return report(key.error());
  if (options.key.private_key_file != "-") {
    print_line("Key " + std::to_string(key->integer_at("id").value_or(0)) + ", SHA-256 " +
               text_at(*key, "fingerprint"));
  }
  return 0;
}

void add_keys(CLI::App& group, Action& action) {
  SocketCommand command =
      add_socket_command(group, "key", "Adds a key to an app, or removes one at once");
  auto options = std::make_shared<ChangeKeyOptions>();
  command.app->add_option("app", options->app, "The app's slug")->required();
  auto* removed = command.app->add_option("--remove", options->removed,
                                          "The id of the key to remove, from `esclusa app list`");
  add_key_options(*command.app, options->key);
  for (const char* name : {"--public-key", "--key-file"}) {
    removed->excludes(command.app->get_option(name));
  }
  command.app->callback(
      [=, &action] { action = [=] { return change_keys(*options, *command.socket); }; });
}

// ------------------------------------------------------------------ install, list

struct PlaceOptions {
  std::string app, account;
  std::vector<std::string> repositories;

  std::string path() const { return app_path(app) + "/installations/" + percent_encode(account); }
};

std::shared_ptr<PlaceOptions> add_place(CLI::App& command) {
  auto place = std::make_shared<PlaceOptions>();
  command.add_option("app", place->app, "The app's slug")->required();
  command.add_option("account", place->account, "The user or organization")->required();
  return place;
}

void show_installation(const Json& installation) { print_installation(installation); }

void add_install(CLI::App& group, Action& action) {
  SocketCommand command = add_socket_command(
      group, "install", "Installs an app at an account, or changes where it is installed there");
  command.app->footer(
      "An installation has the permissions that its app has at that moment. Without --repository\n"
      "it reaches all repositories of the account, also future ones.");
  auto place = add_place(*command.app);
  command.app->add_option("--repository", place->repositories,
                          "Only this one, by its name; may be repeated");
  command.app->callback([=, &action] {
    action = [=] {
      JsonWriter json;
      json.begin_object().key("repositories").begin_array();
      for (const std::string& name : place->repositories) json.value(name);
      json.end_array().end_object();
      return ask(*command.socket, "PUT", place->path(), json.take(), show_installation);
    };
  });
}

void add_suspension(CLI::App& group, Action& action, const char* name, const char* description,
                    const char* method) {
  SocketCommand command = add_socket_command(group, name, description);
  auto place = add_place(*command.app);
  command.app->callback([=, &action] {
    action = [=] {
      return ask(*command.socket, method, place->path() + "/suspended", "", show_installation);
    };
  });
}

constexpr const char* remains_footer =
    "The webhooks and deploy keys that its installations made in repositories stay, and work\n"
    "without it. They are printed.";

void add_removals(CLI::App& group, Action& action) {
  SocketCommand uninstall = add_socket_command(
      group, "uninstall", "Removes an app from an account; its tokens there end at once");
  uninstall.app->footer(remains_footer);
  auto place = add_place(*uninstall.app);
  uninstall.app->callback([=, &action] {
    action = [=] { return ask(*uninstall.socket, "DELETE", place->path(), "", print_remains); };
  });
  SocketCommand remove =
      add_socket_command(group, "remove", "Removes an app, its keys and its installations");
  remove.app->footer(remains_footer);
  auto slug = std::make_shared<std::string>();
  remove.app->add_option("app", *slug, "The app's slug")->required();
  remove.app->callback([=, &action] {
    action = [=] { return ask(*remove.socket, "DELETE", app_path(*slug), "", print_remains); };
  });
}

void print_apps(const Json& apps) {
  for (const Json& app : apps.elements()) print_app(app);
}

}  // namespace

void add_app(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "app", "Administers apps, which sign for themselves");
  add_create(group, action);
  add_install(group, action);
  add_suspension(group, action, "suspend", "Suspends an installation; its tokens end at once",
                 "PUT");
  add_suspension(group, action, "unsuspend", "Lets an installation work again", "DELETE");
  add_removals(group, action);
  add_keys(group, action);
  add_app_settings(group, action);
  SocketCommand list =
      add_socket_command(group, "list", "Lists the apps with their keys and installations");
  list.app->callback(
      [=, &action] { action = [=] { return ask(*list.socket, "GET", "/apps", "", print_apps); }; });
}

}  // namespace esclusa::cli
