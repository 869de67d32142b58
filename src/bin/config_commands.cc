#include "bin/config_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/json_writer.h"
#include "base/text.h"
#include "bin/setting_flags.h"
#include "bin/settings_example.h"
#include "bin/settings_look.h"
#include "cli/output.h"

namespace esclusa {
namespace {

using Origin = SettingValue::Origin;

void say(const SettingProblem& problem) {
  std::fprintf(stderr, "%s: %s\n", printable(problem.place).c_str(),
               printable(problem.text).c_str());
}

/// Says what is wrong. Returns the exit code: 0, or 2 if there is a mistake.
int judge(const LoadedSettings& loaded, bool looks) {
  std::vector<SettingProblem> problems = loaded.problems;
  if (looks && problems.empty()) problems = look_at_settings(loaded);
  for (const SettingProblem& problem : problems) say(problem);
  for (const SettingProblem& warning : loaded.warnings) say(warning);
  return problems.empty() ? 0 : 2;
}

int check(const SettingSources& sources) {
  const LoadedSettings loaded = read_settings(sources.file, sources.flags);
  const int code = judge(loaded, true);
  if (code != 0) return code;
  size_t count = 0;
  for (const SettingValue& value : loaded.values) count += value.origin != Origin::initial;
  cli::print_line((sources.file.empty() ? "No file was named. The environment and the flags are"
                                        : sources.file + " is") +
                  " right; settings that differ from the default: " + std::to_string(count));
  return 0;
}

const char* name_of(Origin origin) {
  switch (origin) {
    case Origin::file: return "file";
    case Origin::environment: return "environment";
    case Origin::flag: return "flag";
    case Origin::initial: break;
  }
  return "default";
}

void print_json(const LoadedSettings& loaded) {
  JsonWriter json;
  json.begin_array();
  for (const SettingValue& value : loaded.values) {
    json.begin_object().member("name", value.setting->name).key("value");
    value.value.empty() ? json.value(nullptr) : json.value(value.value);
    json.member("is_secret", value.setting->is_secret)
        .member("is_set", value.origin != Origin::initial)
        .member("origin", name_of(value.origin))
        .member("place", value.place)
        .member("is_reloaded", value.setting->is_reloaded)
        .end_object();
  }
  json.end_array();
  cli::print_line(json.text());
}

int print(const SettingSources& sources, bool as_json) {
  const LoadedSettings loaded = read_settings(sources.file, sources.flags);
  if (as_json) {
    print_json(loaded);
    return judge(loaded, false);
  }
  std::vector<std::vector<std::string>> rows = {{"SETTING", "VALUE", "FROM"}};
  for (const SettingValue& value : loaded.values) {
    std::string shown = value.value.empty() ? "-" : value.value;
    if (!value.secret.empty()) shown = "********";
    rows.push_back({value.setting->name, shown, value.place});
  }
  cli::print_table(rows);
  return judge(loaded, false);
}

/// `check` and `print`, which both read the settings as `serve` does.
CLI::App& add_reader(CLI::App& group, const char* name, const char* description,
                     const std::shared_ptr<SettingSources>& sources) {
  auto* command = group.add_subcommand(name, description);
  command->add_option("FILE", sources->file, "TOML file with settings")->envname("ESCLUSA_CONFIG");
  add_setting_flags(*command, sources);
  return *command;
}

void add_check(CLI::App& group, cli::Action& action) {
  auto sources = std::make_shared<SettingSources>();
  CLI::App& command = add_reader(
      group, "check",
      "Looks for mistakes in the settings, and in the files, addresses and users that they name",
      sources);
  command.footer(
      "Exit code 0: no mistakes, 2: mistakes were found. Each line names the file and the line,\n"
      "the variable or the flag. Run it as the user that runs the server, or as root.");
  command.callback([=, &action] { action = [=] { return check(*sources); }; });
}

void add_print(CLI::App& group, cli::Action& action) {
  auto sources = std::make_shared<SettingSources>();
  CLI::App& command = add_reader(
      group, "print", "Prints what each setting is, and where that was set; secrets are masked",
      sources);
  auto as_json = std::make_shared<bool>(false);
  command.add_flag("--json", *as_json, "Prints one JSON document");
  command.footer(
      "It reads the environment of this shell, which is not that of a service. Exit code 2: there\n"
      "is a mistake in the settings.");
  command.callback([=, &action] { action = [=] { return print(*sources, *as_json); }; });
}

void add_example(CLI::App& group, cli::Action& action) {
  auto* command = group.add_subcommand(
      "example", "Prints a file in which every setting is explained and commented out");
  auto as_markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *as_markdown, "Prints the table of docs/settings.md instead");
  command->callback([=, &action] {
    action = [=] {
      const std::string text =
          *as_markdown ? settings_markdown(setting_table()) : settings_example(setting_table());
      std::fputs(text.c_str(), stdout);
      return std::fflush(stdout) == 0 ? 0 : 1;
    };
  });
}

}  // namespace

void add_config(CLI::App& app, cli::Action& action) {
  auto* group = app.add_subcommand("config", "Looks after the settings of the server");
  group->require_subcommand(1);
  add_check(*group, action);
  add_print(*group, action);
  add_example(*group, action);
}

}  // namespace esclusa
