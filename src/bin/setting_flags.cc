#include "bin/setting_flags.h"

#include <CLI/CLI.hpp>

#include "bin/settings.h"

namespace esclusa {

void add_setting_flags(CLI::App& command, const std::shared_ptr<SettingSources>& sources) {
  std::string footer =
      "A setting has three names: the flag, and in brackets the environment variable and the key\n"
      "of the file, where webhooks.allow is `allow` in the table [webhooks]. Flags override the\n"
      "environment, which overrides the file. SIGHUP reads the settings again; docs/settings.md\n"
      "says which ones count at once.";
  for (const Setting& setting : setting_table()) {
    if (setting.is_secret) {
      footer += "\nNo flag, because others can read arguments: " + setting.variable() + ", " +
                setting.name + ": " + setting.help + ".";
      continue;
    }
    command.add_option_function<std::string>(
        setting.flag(),
        [sources, name = setting.name](const std::string& value) { sources->flags[name] = value; },
        setting.help + " [" + setting.variable() + ", " + setting.name + "]");
  }
  command.footer(footer);
}

}  // namespace esclusa
