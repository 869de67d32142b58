#include "bin/refusal.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/text.h"
#include "bin/settings.h"

namespace esclusa {
namespace {

/// The command that was meant, as far as it was understood; its words go into `words`.
const CLI::App& understood(const CLI::App& app, std::string& words) {
  words += (words.empty() ? "" : " ") + app.get_name();
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : understood(*chosen.front(), words);
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (!each->get_group().empty()) names.push_back(each->get_name());
  }
  return names;
}

/// What is said of the first word that nobody has understood; empty: nothing.
std::string explain(const CLI::App& app) {
  const auto extra = app.remaining(true);
  if (extra.empty()) return {};
  std::string words;
  const CLI::App& command = understood(app, words);
  const std::string word = extra.front().substr(0, extra.front().find('='));
  if (word.starts_with('-')) {
    return words + " has no flag " + word + nearest_hint(word, flags_of(command));
  }
  const auto commands = commands_of(command);
  if (commands.empty()) return {};
  return words + " has no command " + word + nearest_hint(word, commands);
}

}  // namespace

int end_parse(const CLI::App& app, const CLI::ParseError& error) {
  const bool is_unknown = error.get_name() == "ExtrasError" || error.get_name() == "RequiredError";
  const std::string why = is_unknown ? explain(app) : "";
  if (why.empty()) return app.exit(error);
  std::fprintf(stderr, "%s\nRun with --help for more information.\n", printable(why).c_str());
  return error.get_exit_code();
}

}  // namespace esclusa
