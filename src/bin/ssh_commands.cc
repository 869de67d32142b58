#include "bin/ssh_commands.h"

#include <CLI/CLI.hpp>

#include "ssh/check.h"
#include "ssh/keys.h"
#include "ssh/program.h"
#include "ssh/serve.h"
#include "ssh/setup.h"

namespace esclusa {
namespace {

/// Only the command line sets it, because sshd may let clients set environment variables.
std::shared_ptr<std::string> add_socket(CLI::App& command) {
  auto socket = std::make_shared<std::string>(ssh::default_socket());
  command.add_option("--socket", *socket, "The running server's keys.sock")->capture_default_str();
  return socket;
}

void add_keys(CLI::App& group, cli::Action& action) {
  auto* command =
      group.add_subcommand("keys", "For sshd's AuthorizedKeysCommand: prints what the key opens");
  auto type = std::make_shared<std::string>(), blob = std::make_shared<std::string>();
  command->add_option("type", *type, "sshd's %t")->required();
  command->add_option("blob", *blob, "sshd's %k")->required();
  auto socket = add_socket(*command);
  command->callback(
      [=, &action] { action = [=] { return ssh::print_key(*type, *blob, *socket); }; });
}

void add_serve(CLI::App& group, cli::Action& action) {
  auto* command = group.add_subcommand(
      "serve", "The forced command of a deploy key: runs git for $SSH_ORIGINAL_COMMAND");
  auto key = std::make_shared<int64_t>();
  command->add_option("--key-id", *key, "The deploy key's id")->required();
  auto socket = add_socket(*command);
  command->callback([=, &action] { action = [=] { return ssh::serve_session(*key, *socket); }; });
}

std::shared_ptr<ssh::Installation> add_installation(CLI::App& command) {
  auto installation = std::make_shared<ssh::Installation>();
  command.add_option("--user", installation->user, "The system user that clients log in as")
      ->capture_default_str();
  command.add_option("--helper", installation->helper, "Where this program is installed for sshd")
      ->capture_default_str();
  command.add_option("--socket", installation->socket,
                     "The running server's keys.sock (below the user's home)");
  return installation;
}

}  // namespace

void add_ssh(CLI::App& app, cli::Action& action) {
  auto* group = app.add_subcommand("ssh", "The door for deploy keys, behind OpenSSH");
  group->require_subcommand(1);
  add_keys(*group, action);
  add_serve(*group, action);

  auto* setup = group->add_subcommand("setup", "Prints what to install, and sshd's settings");
  auto planned = add_installation(*setup);
  setup->callback([=, &action] { action = [=] { return ssh::print_setup(*planned); }; });

  auto* check = group->add_subcommand("check", "Examines what is installed; run it as root");
  auto installed = add_installation(*check);
  auto config = std::make_shared<std::string>();
  check->add_option("--sshd-config", *config, "sshd's settings, if not /etc/ssh/sshd_config");
  check->callback(
      [=, &action] { action = [=] { return ssh::check_installation(*installed, *config); }; });
}

}  // namespace esclusa
