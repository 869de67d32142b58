#include "cli/app_settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/app_output.h"
#include "cli/input_file.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

// ------------------------------------------------------------------ webhook

struct WebhookOptions {
  std::string app, url, secret_file, content_type;
  bool is_removed = false;
};

int set_webhook(const WebhookOptions& options, const SocketOptions& socket) {
  const std::string path = app_path(options.app) + "/hook";
  if (options.is_removed) return ask(socket, "DELETE", path, "", show_nothing);
  JsonWriter json;
  json.begin_object();
  if (!options.content_type.empty()) json.member("content_type", options.content_type);
  if (!options.url.empty()) json.member("url", options.url);
  if (!options.secret_file.empty()) {
    const auto secret = read_secret(options.secret_file);
    if (!secret) return report(secret.error());
    json.member("secret", *secret);
  }
  json.end_object();
  return ask(socket, "PUT", path, json.take(),
             [](const Json& hook) { print_line("Its webhook is " + text_at(hook, "url")); });
}

void add_webhook(CLI::App& group, Action& action) {
  SocketCommand command = add_socket_command(
      group, "webhook",
      "Sets where an app hears of events, and the secret that signs them, or ends that");
  command.app->footer("An app hears the events of its installations (`esclusa app permissions`).");
  auto options = std::make_shared<WebhookOptions>();
  command.app->add_option("app", options->app, "The app's slug")->required();
  command.app->add_option("--url", options->url, "Required for the first time");
  command.app->add_option("--secret-file", options->secret_file,
                          "A file with the secret; - for standard input");
  command.app
      ->add_option("--content-type", options->content_type,
                   "Of its deliveries; json unless it is set")
      ->check(CLI::IsMember({"json", "form"}));
  auto* removed = command.app->add_flag("--remove", options->is_removed,
                                        "The app hears of nothing more, at once");
  for (const char* name : {"--url", "--secret-file", "--content-type"}) {
    removed->excludes(command.app->get_option(name));
  }
  command.app->callback(
      [=, &action] { action = [=] { return set_webhook(*options, *command.socket); }; });
}

// ------------------------------------------------------------------ permissions

struct PermissionOptions {
  std::string app;
  std::vector<std::string> permissions, events;
  bool has_no_events = false, accepted = false;

  bool is_empty() const {
    return permissions.empty() && events.empty() && !has_no_events && !accepted;
  }
};

/// Whether the installation has all that its app asks for.
bool has_all(const Json& installation, const Json& app) {
  return text_at(installation, "permissions") == text_at(app, "permissions") &&
         installation.find("events")->text() == app.find("events")->text();
}

void show_changed(const Json& app) {
  print_app(app);
  const auto installations = app.find("installations")->elements();
  if (std::ranges::any_of(installations, [&](const Json& one) { return !has_all(one, app); })) {
    print_line("Some installations have less than the app asks for: esclusa app permissions " +
               text_at(app, "slug") + " --accept");
  }
}

int change_permissions(const PermissionOptions& options, const SocketOptions& socket) {
  if (options.is_empty()) {
    return report(
        fail(ErrorCode::invalid, "--permission, --event, --no-events or --accept is required")
            .error());
  }
  JsonWriter json;
  json.begin_object().member("accepted", options.accepted);
  if (!options.permissions.empty()) json.member("permissions", join(options.permissions, ","));
  if (!options.events.empty() || options.has_no_events) {
    json.key("events").begin_array();
    for (const std::string& event : options.events) json.value(event);
    json.end_array();
  }
  json.end_object();
  return ask(socket, "PUT", app_path(options.app) + "/permissions", json.take(), show_changed);
}

void add_permissions(CLI::App& group, Action& action) {
  SocketCommand command =
      add_socket_command(group, "permissions", "Changes the permissions and the events of an app");
  command.app->footer(
      "--permission and --event replace all of theirs. What the app no longer has, its\n"
      "installations and their tokens lose at once. What is new they get by --accept, which may\n"
      "follow later, or one after the other by `esclusa app install`.");
  auto options = std::make_shared<PermissionOptions>();
  command.app->add_option("app", options->app, "The app's slug")->required();
  command.app->add_option("--permission", options->permissions,
                          "Such as deployments=write; may be repeated");
  auto* events =
      command.app->add_option("--event", options->events, "Such as deployment; may be repeated");
  command.app->add_flag("--no-events", options->has_no_events, "The app hears of no events")
      ->excludes(events);
  command.app->add_flag("--accept", options->accepted,
                        "All its installations get what the app asks for");
  command.app->callback(
      [=, &action] { action = [=] { return change_permissions(*options, *command.socket); }; });
}

}  // namespace

void add_app_settings(CLI::App& group, Action& action) {
  add_permissions(group, action);
  add_webhook(group, action);
}

}  // namespace esclusa::cli
