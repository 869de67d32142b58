#include "bin/settings_example.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.h"

namespace esclusa {
namespace {

constexpr std::string_view introduction =
    "# The settings of `esclusa serve`. Remove the `#` before a setting to change it. A line "
    "shows\n"
    "# the default, or an example where the default is nothing or depends on the machine. "
    "Environment\n"
    "# variables (ESCLUSA_LISTEN, ESCLUSA_WEBHOOKS_ALLOW, ...) override this file, and flags "
    "override\n"
    "# both. Settings that end with \"(reloaded)\" count from a reload on (SIGHUP), others from "
    "the next\n"
    "# start on. `esclusa config check FILE` finds mistakes.\n";

bool is_bare(std::string_view value) {
  return value == "true" || value == "false" ||
         (!value.empty() && value.find_first_not_of("0123456789.") == value.npos &&
          std::ranges::count(value, '.') <= 1);
}

std::string toml_value(std::string_view value) {
  return is_bare(value) ? std::string(value) : "\"" + std::string(value) + "\"";
}

std::string value_of(const Setting& setting) {
  const std::string initial = setting.initial();
  return toml_value(initial.empty() ? setting.example : initial);
}

/// The help text as comment lines of at most 98 characters.
std::string comment_of(std::string_view help) {
  std::string text, line = "#";
  for (const std::string_view word : split(help, ' ')) {
    if (line.size() + 1 + word.size() > 98) {
      text += line + "\n";
      line = "#";
    }
    line += " " + std::string(word);
  }
  return text + line + "\n";
}

std::string entry(const Setting& setting) {
  return "\n" + comment_of(setting.help + (setting.is_reloaded ? " (reloaded)" : "")) + "#" +
         setting.key() + " = " + value_of(setting) + "\n";
}

/// Without what would end a cell.
std::string cell(std::string text) {
  for (size_t bar = text.find('|'); bar != text.npos; bar = text.find('|', bar + 2)) {
    text.replace(bar, 1, "\\|");
  }
  return text;
}

}  // namespace

std::string settings_markdown(const std::vector<Setting>& settings) {
  std::string text =
      "| key | flag | variable | what it is (its default) | SIGHUP |\n"
      "|---|---|---|---|---|\n";
  for (const Setting& setting : settings) {
    const std::string flag = setting.is_secret ? "–" : "`" + setting.flag() + "`";
    text += "| `" + setting.name + "` | " + flag + " | `" + setting.variable() + "` | " +
            cell(setting.help) + " | " + (setting.is_reloaded ? "yes" : "–") + " |\n";
  }
  return text;
}

std::string settings_example(const std::vector<Setting>& settings) {
  std::string text(introduction);
  std::map<std::string, std::string> tables;
  std::vector<std::string> order;
  for (const Setting& setting : settings) {
    if (setting.is_secret) continue;  // many may read the file; its rival is in it
    const std::string table = setting.table();
    if (table.empty()) {
      text += entry(setting);
      continue;
    }
    if (!tables.contains(table)) order.push_back(table);
    tables[table] += entry(setting);
  }
  // A table reaches to the next one, so that the settings without a table come first.
  for (const std::string& table : order) text += "\n[" + table + "]\n" + tables[table];
  return text;
}

}  // namespace esclusa
