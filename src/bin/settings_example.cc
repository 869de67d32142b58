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
    "# both. A new value counts from the next start on.\n";

/// What a setting may look like whose default cannot be written as a value.
const std::map<std::string_view, std::string_view> examples = {
    {"data", "/var/lib/esclusa"},
    {"secret_key_file", "/etc/esclusa/secret.key"},
    {"external_url", "https://deploy.example.org"},
    {"trusted_proxies", "127.0.0.1,::1"},
    {"tls.certificate", "/etc/esclusa/fullchain.pem"},
    {"tls.key", "/etc/esclusa/privkey.pem"},
    {"metrics.listen", "127.0.0.1:9180"},
    {"metrics.token_file", "/etc/esclusa/metrics.token"},
    {"webhooks.allow", "10.0.0.0/8,127.0.0.0/8"},
    {"ssh.socket", "/run/esclusa/keys.sock"},
    {"ssh.user", "git"},
    {"ssh.address", "git@deploy.example.org"},
};

/// The default that ends a help text in parentheses; empty: there is none.
std::string_view default_of(std::string_view help) {
  const size_t begin = help.rfind(" (");
  if (begin == help.npos || !help.ends_with(')')) return {};
  return help.substr(begin + 2, help.size() - begin - 3);
}

bool is_bare(std::string_view value) {
  return value == "true" || value == "false" ||
         (!value.empty() && value.find_first_not_of("0123456789.") == value.npos &&
          std::ranges::count(value, '.') <= 1);
}

std::string toml_value(std::string_view value) {
  return is_bare(value) ? std::string(value) : "\"" + std::string(value) + "\"";
}

std::string value_of(const SettingDescription& setting) {
  if (const auto initial = default_of(setting.help); !initial.empty()) return toml_value(initial);
  const auto example = examples.find(setting.name);
  return toml_value(example == examples.end() ? "" : example->second);
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

std::string entry(std::string_view key, const SettingDescription& setting) {
  return "\n" + comment_of(setting.help) + "#" + std::string(key) + " = " + value_of(setting) +
         "\n";
}

}  // namespace

std::string settings_example(const std::vector<SettingDescription>& settings) {
  std::string text(introduction);
  std::map<std::string_view, std::string> tables;
  std::vector<std::string_view> order;
  for (const SettingDescription& setting : settings) {
    const std::string_view name = setting.name;
    const size_t dot = name.find('.');
    if (dot == name.npos) {
      text += entry(name, setting);
      continue;
    }
    const std::string_view table = name.substr(0, dot);
    if (!tables.contains(table)) order.push_back(table);
    tables[table] += entry(name.substr(dot + 1), setting);
  }
  // A table reaches to the next one, so that the settings without a table come first.
  for (const std::string_view table : order) {
    text += "\n[" + std::string(table) + "]\n" + tables[table];
  }
  return text;
}

}  // namespace esclusa
