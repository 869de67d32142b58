#include "bin/config_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bin/settings_example.h"

namespace esclusa {

void add_config(CLI::App& app, cli::Action& action) {
  auto* group = app.add_subcommand("config", "Looks after the settings of the server");
  group->require_subcommand(1);
  auto* example = group->add_subcommand(
      "example", "Prints a file in which every setting is explained and commented out");
  example->callback([&action] {
    action = [] {
      std::fputs(settings_example(setting_table()).c_str(), stdout);
      return std::fflush(stdout) == 0 ? 0 : 1;
    };
  });
}

}  // namespace esclusa
