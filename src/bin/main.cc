#include <CLI/CLI.hpp>
#include <cstdio>

#include "agent/agent.h"
#include "agent/prune.h"
#include "base/crypto.h"
#include "base/exhaustion.h"
#include "base/text.h"
#include "bin/backup_commands.h"
#include "bin/completion.h"
#include "bin/config_commands.h"
#include "bin/doctor.h"
#include "bin/refusal.h"
#include "bin/serve.h"
#include "bin/service_manager.h"
#include "bin/setting_flags.h"
#include "bin/ssh_commands.h"
#include "cli/agents.h"
#include "cli/commands.h"
#include "ssh/door.h"
#include "ssh/hooks.h"

namespace {

using namespace esclusa;

/// Prints the error that ends a command. Returns the exit code.
int report(const Error& error) {
  std::fprintf(stderr, "esclusa: %s\n", printable(error.message).c_str());
  return 1;
}

int exit_code(const Result<void>& result) { return result ? 0 : report(result.error()); }

/// Of a service: 2 for a mistake in its settings, which no restart mends. The units know it.
int service_exit_code(const Result<void>& result) {
  const int code = exit_code(result);
  return !result && result.error().code == ErrorCode::invalid ? 2 : code;
}

void add_serve(CLI::App& app, cli::Action& action) {
  auto* command = app.add_subcommand("serve", "Runs the server");
  auto sources = std::make_shared<SettingSources>();
  command->add_option("--config", sources->file, "TOML file with settings")
      ->envname("ESCLUSA_CONFIG");
  add_setting_flags(*command, sources);
  command->callback([=, &action] {
    action = [=] { return service_exit_code(serve(sources->file, sources->flags)); };
  });
}

void add_agent_prune(CLI::App& agent, cli::Action& action) {
  auto* command = agent.add_subcommand(
      "prune", "Removes old runs, their logs and unused copies of repositories");
  auto config = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  command->add_option("--config", *config, "TOML file of the agent, with keep_runs and the like")
      ->required();
  command->add_flag("--dry-run", *dry_run, "Only print what would be removed");
  command->footer(
      "A running agent does the same by itself, each hour. What is not reported stays, and so do\n"
      "the last runs of each environment. See docs/agent.md.");
  command->callback(
      [=, &action] { action = [=] { return exit_code(agent::prune(*config, *dry_run)); }; });
}

void add_agent(CLI::App& app, cli::Action& action) {
  auto* command =
      app.add_subcommand("agent", "Listens for deployments, runs their commands, and reports");
  auto config = std::make_shared<std::string>();
  command->add_option("--config", *config, "TOML file (see docs/agent.md)");
  cli::add_agent_tokens(*command, action);
  add_agent_prune(*command, action);
  command->callback([=, &action] {
    if (!command->get_subcommands().empty()) return;
    if (config->empty()) throw CLI::RequiredError("--config");
    action = [=] {
      auto manager = std::make_shared<ServiceManager>();
      return service_exit_code(agent::run(*config, {.ready = [=] { manager->say_ready(); },
                                                    .stopping = [=] { manager->say_stopping(); },
                                                    .reloading = [=] { manager->say_reloading(); },
                                                    .reloaded = [=] { manager->say_reloaded(); }}));
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  log_last_words();
  // Sshd's settings may still name this program for what is esclusa-ssh now.
  if (const auto hook = ssh::invoked_hook(argv[0])) return ssh::run_hook(*hook, argv);
  if (const auto words = ssh::former_words({argv, static_cast<size_t>(argc)})) {
    return ssh::run_door(*words, " ssh");
  }
  CLI::App app("Esclusa: GitHub's Deployments API on your own machine", "esclusa");
  app.set_version_flag("--version", std::string("esclusa ") + ESCLUSA_VERSION);
  app.require_subcommand(1);
  cli::Action action;
  add_serve(app, action);
  add_agent(app, action);
  add_backup(app, action);
  add_ssh(app, action);
  add_doctor(app, action);
  cli::add_commands(app, action);
  add_config(app, action);
  add_completion(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_parse(app, error);
  }
  try {
    init_crypto();
    return action();
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "esclusa: %s%s\n", exception.what(),
                 is_exhaustion(exception) ? ": no more memory, threads or descriptors" : "");
    return 70;
  }
}
