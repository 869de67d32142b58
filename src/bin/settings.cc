#include "bin/settings.h"

#include <unistd.h>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "base/small_file.h"
#include "base/text.h"
#include "core/new_environment.h"

namespace esclusa {
namespace {

using Origin = SettingValue::Origin;

/// A value as one source gives it.
struct Given {
  std::string value;
  std::string place;
};
using Layer = std::map<std::string, Given, std::less<>>;

/// Variables that begin like a setting's, and are none. `ESCLUSA_SSH_HOOKS` is between the helpers
/// of the SSH door.
constexpr std::string_view other_variables[] = {
    "ESCLUSA_CONFIG",      "ESCLUSA_URL",       "ESCLUSA_TOKEN",
    "ESCLUSA_TOKEN_FILE",  "ESCLUSA_CA_FILE",   "ESCLUSA_SOCKET",
    "ESCLUSA_AGENT_TOKEN", "ESCLUSA_SSH_HOOKS", "ESCLUSA_AGENT_TOKEN_FILE"};

/// A scalar as text; an array of strings as a comma-separated list.
Result<std::string> toml_text(const toml::node& node) {
  if (auto text = node.value<std::string>()) return *text;
  if (auto* array = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& element : *array) {
      auto text = element.value<std::string>();
      if (!text) return fail(ErrorCode::invalid, "should hold strings");
      parts.push_back(*text);
    }
    return join(parts, ",");
  }
  if (auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (auto* number = node.as_integer()) return std::to_string(number->get());
  if (auto number = node.value<double>()) {
    std::array<char, 32> text{};
    return std::string(text.data(), std::to_chars(text.begin(), text.end(), *number).ptr);
  }
  return fail(ErrorCode::invalid, "has a type that it cannot have");
}

/// The keys of the file, for who mistyped one.
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Setting& setting : setting_table()) names.push_back(setting.name);
  return names;
}

class FileReader {
 public:
  FileReader(const std::filesystem::path& file, LoadedSettings& loaded)
      : file_(file.string()), loaded_(loaded) {}

  Layer read() {
    const auto text = read_toml_text(file_);
    if (!text) {
      loaded_.problems.push_back({file_, "cannot read the settings: " + text.error().message});
      return {};
    }
    toml::parse_result parsed = toml::parse(*text);
    if (parsed) {
      read_table(parsed.table(), "");
    } else {
      const auto line = parsed.error().source().begin.line;
      loaded_.problems.push_back(
          {line == 0 ? file_ : place(line),
           "cannot read the settings: " + std::string(parsed.error().description())});
    }
    return std::move(layer_);
  }

 private:
  std::string place(size_t line) const { return file_ + ":" + std::to_string(line); }

  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (auto* inner = node.as_table()) {
        read_table(*inner, name + ".");
        continue;
      }
      const std::string where = place(key.source().begin.line);
      if (find_setting(name) == nullptr) {
        loaded_.problems.push_back({where, "there is no setting \"" + name + "\"" +
                                               nearest_hint(name, all_names()) +
                                               "; `esclusa serve --help` lists them all"});
      } else if (auto text = toml_text(node)) {
        layer_[name] = {*text, where};
      } else {
        loaded_.problems.push_back({where, "the setting " + name + " " + text.error().message});
      }
    }
  }

  const std::string file_;
  LoadedSettings& loaded_;
  Layer layer_;
};

Layer read_environment(LoadedSettings& loaded) {
  Layer layer;
  std::vector<std::string> known(std::begin(other_variables), std::end(other_variables));
  for (const Setting& setting : setting_table()) {
    const std::string variable = setting.variable();
    known.push_back(variable);
    if (const char* value = std::getenv(variable.c_str())) {
      layer[setting.name] = {value, variable};
    }
  }
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry = *each;
    const std::string name(entry.substr(0, entry.find('=')));
    if (!name.starts_with("ESCLUSA_") || std::ranges::find(known, name) != known.end()) continue;
    loaded.warnings.push_back(
        {name, "the environment variable " + name + " is no setting" + nearest_hint(name, known)});
  }
  return layer;
}

Layer read_flags(const std::map<std::string, std::string>& flags) {
  Layer layer;
  for (const auto& [name, value] : flags) {
    const Setting* setting = find_setting(name);
    layer[name] = {value, setting == nullptr ? name : setting->flag()};
  }
  return layer;
}

SettingValue unset(const Setting& setting) {
  SettingValue value;
  value.setting = &setting;
  return value;
}

/// Puts a layer over what the layers below it have given.
void overlay(const Layer& layer, Origin origin, LoadedSettings& loaded) {
  auto value_of = [&](const std::string& name) -> SettingValue& {
    return *std::ranges::find(loaded.values, name,
                              [](const SettingValue& value) { return value.setting->name; });
  };
  for (const auto& [name, given] : layer) {
    ENSURE(find_setting(name) != nullptr);
    SettingValue& value = value_of(name);
    value = {value.setting, given.value, {}, origin, given.place};
    const std::string& rival = value.setting->rival;
    if (rival.empty()) continue;
    if (!layer.contains(rival)) {
      value_of(rival) = unset(*find_setting(rival));
    } else if (name < rival) {
      loaded.problems.push_back(
          {given.place, "the settings " + name + " and " + rival + " exclude each other"});
    }
  }
}

/// Where systemd lets a service keep its state (`StateDirectory=`), or below the user's home.
std::string default_data() {
  if (const char* state = std::getenv("STATE_DIRECTORY"); state != nullptr && *state == '/') {
    return state;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return (std::filesystem::path(home) / ".local/share/esclusa").string();
  }
  return "/var/lib/esclusa";
}

/// The credential that the unit asks for, if the machine has it (`LoadCredential=`); otherwise
/// empty: the key is in the data folder.
std::string default_secret_key_file() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/') return {};
  const auto file = std::filesystem::path(folder) / key_credential;
  std::error_code unreadable;
  return std::filesystem::exists(file, unreadable) ? file.string() : "";
}

std::string default_of(const Setting& setting) {
  if (setting.name == "data") return default_data();
  if (setting.name == "secret_key_file") return default_secret_key_file();
  return setting.initial();
}

void set_values(LoadedSettings& loaded) {
  for (SettingValue& value : loaded.values) {
    const Setting& setting = *value.setting;
    if (value.origin == Origin::initial) value.value = default_of(setting);
    if (value.origin == Origin::initial && value.value.empty()) continue;
    const auto set = setting.set(loaded.settings, value.value);
    if (!set) {
      const std::string shown = setting.is_secret ? "not usable" : "\"" + value.value + "\"";
      loaded.problems.push_back({value.place, "the setting " + setting.name + " is " + shown +
                                                  ", but should be " + set.error().message});
    }
    if (setting.is_secret) value.secret = Secret(std::exchange(value.value, {}));
  }
}

const std::string& place_of(const LoadedSettings& loaded, std::string_view name) {
  const auto value = std::ranges::find(
      loaded.values, name, [](const SettingValue& value) { return value.setting->name; });
  ENSURE(value != loaded.values.end());
  return value->place;
}

void check_pairs(LoadedSettings& loaded) {
  const ServerSettings& settings = loaded.settings;
  if (!settings.listen_socket.empty() && settings.external_url.empty()) {
    loaded.problems.push_back(
        {place_of(loaded, "listen"),
         "where listen is a unix socket, links need the setting external_url: the address at which "
         "the proxy is reached"});
  }
  if (settings.tls_certificate.empty() == settings.tls_key.empty()) return;
  const std::string lone = settings.tls_key.empty() ? "tls.certificate" : "tls.key";
  const std::string missing = settings.tls_key.empty() ? "tls.key" : "tls.certificate";
  loaded.problems.push_back({place_of(loaded, lone), "the setting " + lone + " needs the setting " +
                                                         missing + " beside it"});
}

}  // namespace

std::string nearest_hint(std::string_view name, const std::vector<std::string>& candidates) {
  const auto nearest = core::find_nearest(name, candidates);
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

std::vector<const Setting*> changed_settings(const LoadedSettings& before,
                                             const LoadedSettings& after) {
  std::vector<const Setting*> changed;
  for (size_t row = 0; row < after.values.size(); ++row) {
    const SettingValue &old = before.values[row], &now = after.values[row];
    if (old.value != now.value || old.secret.reveal() != now.secret.reveal()) {
      changed.push_back(now.setting);
    }
  }
  return changed;
}

Result<void> LoadedSettings::check() const {
  if (problems.empty()) return {};
  return fail(ErrorCode::invalid, problems.front().place + ": " + problems.front().text);
}

LoadedSettings read_settings(const std::filesystem::path& file,
                             const std::map<std::string, std::string>& flags) {
  LoadedSettings loaded;
  for (const Setting& setting : setting_table()) loaded.values.push_back(unset(setting));
  if (!file.empty()) overlay(FileReader(file, loaded).read(), Origin::file, loaded);
  overlay(read_environment(loaded), Origin::environment, loaded);
  overlay(read_flags(flags), Origin::flag, loaded);
  set_values(loaded);
  check_pairs(loaded);
  return loaded;
}

Result<ServerSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& flags) {
  LoadedSettings loaded = read_settings(file, flags);
  TRY(loaded.check());
  return std::move(loaded.settings);
}

}  // namespace esclusa
