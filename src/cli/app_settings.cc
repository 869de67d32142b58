#include "cli/app_settings.h"

#include <CLI/CLI.hpp>

#include "base/json_writer.h"
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
  command.app->footer(
      "An app hears the events of its installations: those that --event named when it was made.");
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

}  // namespace

void add_app_settings(CLI::App& group, Action& action) { add_webhook(group, action); }

}  // namespace esclusa::cli
