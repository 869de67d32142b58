#include "bin/ssh_commands.h"

#include <CLI/CLI.hpp>

#include "ssh/check.h"
#include "ssh/setup.h"

namespace esclusa {
namespace {

std::shared_ptr<ssh::Installation> add_installation(CLI::App& command) {
  auto installation = std::make_shared<ssh::Installation>();
  command.add_option("--user", installation->user, "The system user that clients log in as")
      ->capture_default_str();
  command.add_option("--helper", installation->helper, "Where esclusa-ssh is installed for sshd")
      ->capture_default_str();
  command.add_option("--socket", installation->socket,
                     "The running server's keys.sock (below the user's home)");
  return installation;
}

}  // namespace

void add_ssh(CLI::App& app, cli::Action& action) {
  auto* group = app.add_subcommand("ssh", "The door for deploy keys, behind OpenSSH");
  group->require_subcommand(1);
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
