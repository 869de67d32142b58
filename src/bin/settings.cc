#include "bin/settings.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "bin/external_url.h"
#include "core/trusted_proxies.h"

namespace esclusa {
namespace {

using Values = std::map<std::string, std::string>;

std::unexpected<Error> wrong(const std::string& name, const std::string& value,
                             const std::string& expected) {
  return fail(ErrorCode::invalid,
              "the setting " + name + " is \"" + value + "\", but should be " + expected);
}

/// A scalar as text; an array of strings as a comma-separated list.
Result<std::string> toml_text(const std::string& name, const toml::node& node) {
  if (auto text = node.value<std::string>()) return *text;
  if (auto* array = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& element : *array) {
      auto text = element.value<std::string>();
      if (!text) return fail(ErrorCode::invalid, "the setting " + name + " should hold strings");
      parts.push_back(*text);
    }
    return join(parts, ",");
  }
  if (auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (auto* number = node.as_integer()) return std::to_string(number->get());
  if (auto number = node.value<double>()) return std::to_string(*number);
  return fail(ErrorCode::invalid, "the setting " + name + " has a type that it cannot have");
}

Result<void> read_table(const toml::table& table, const std::string& prefix, Values& values) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (auto* inner = node.as_table()) {
      TRY(read_table(*inner, name + ".", values));
      continue;
    }
    if (std::ranges::none_of(setting_descriptions(), [&](auto& s) { return name == s.name; })) {
      return fail(ErrorCode::invalid,
                  "there is no setting \"" + name + "\"; `esclusa serve --help` lists them all");
    }
    values[name] = TRY(toml_text(name, node));
  }
  return {};
}

Result<void> read_file(const std::filesystem::path& file, Values& values) {
  if (file.empty()) return {};
  toml::parse_result parsed = toml::parse_file(file.string());
  if (!parsed) {
    return fail(ErrorCode::invalid, "cannot read the settings in " + file.string() + ": " +
                                        std::string(parsed.error().description()));
  }
  return read_table(parsed.table(), "", values);
}

Result<void> set_address(const std::string& name, const std::string& value, std::string& host,
                         uint16_t& port) {
  auto colon = value.rfind(':');
  if (colon == value.npos || colon == 0) return wrong(name, value, "HOST:PORT");
  std::string_view digits = std::string_view(value).substr(colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return wrong(name, value, "HOST:PORT");
  }
  host = value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {};
}

/// HOST:PORT, or a unix socket.
Result<void> set_listen(const std::string& value, ServerSettings& settings) {
  constexpr std::string_view unix_socket = "unix:";
  if (!value.starts_with(unix_socket)) {
    return set_address("listen", value, settings.listen_host, settings.listen_port);
  }
  settings.listen_socket = value.substr(unix_socket.size());
  if (!settings.listen_socket.is_absolute()) {
    return wrong("listen", value, "HOST:PORT, or unix: with the whole path of a socket");
  }
  return {};
}

Result<void> set_listen_mode(const std::string& value, unsigned& mode) {
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
  if (error == std::errc{} && end == value.data() + value.size() && mode <= 0777) return {};
  return wrong("listen_mode", value, "permissions in octal digits, such as 660");
}

/// The parts between commas.
std::vector<std::string> list_of(const std::string& value) {
  std::vector<std::string> list;
  for (const std::string_view part : split(value, ',')) {
    if (!trim(part).empty()) list.emplace_back(trim(part));
  }
  return list;
}

struct NumberSetting {
  const char* name;
  int64_t api::RateLimits::* member;
};
constexpr NumberSetting rate_limit_numbers[] = {
    {"rate_limit.anonymous_per_hour", &api::RateLimits::anonymous_per_hour},
    {"rate_limit.account_per_hour", &api::RateLimits::account_per_hour},
    {"rate_limit.concurrent", &api::RateLimits::concurrent},
    {"rate_limit.points_per_minute", &api::RateLimits::points_per_minute},
    {"rate_limit.content_per_minute", &api::RateLimits::content_per_minute},
    {"rate_limit.content_per_hour", &api::RateLimits::content_per_hour},
};

Result<void> set_flag(const std::string& name, const std::string& value, bool& flag) {
  if (value != "true" && value != "false") return wrong(name, value, "true or false");
  flag = value == "true";
  return {};
}

Result<void> set_rate_limit(const std::string& name, const std::string& value,
                            api::RateLimits& limits) {
  if (name == "rate_limit.enabled") return set_flag(name, value, limits.enabled);
  for (const NumberSetting& setting : rate_limit_numbers) {
    if (name != setting.name) continue;
    auto number = parse_positive(value);
    if (!number) return wrong(name, value, "a positive whole number");
    limits.*setting.member = *number;
  }
  return {};
}

Result<void> set_scale(const std::string& name, const std::string& value, double& scale) {
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), scale);
  if (error == std::errc{} && end == value.data() + value.size() && scale > 0) return {};
  return wrong(name, value, "a positive number");
}

Result<void> set_retention(const std::string& name, const std::string& value,
                           core::RetentionSettings& retention) {
  if (name == "retention.scale") return set_scale(name, value, retention.scale);
  if (name == "retention.keep_successes") {
    const auto count = parse_positive(value);
    if (!count) return wrong(name, value, "a positive whole number");
    retention.keep_successes = *count;
  }
  for (const core::RetentionRule& rule : core::retention_rules()) {
    if (name != rule.setting) continue;
    const auto age = core::parse_retention_age(rule, value);
    if (!age) return wrong(name, value, age.error().message);
    retention.ages[static_cast<size_t>(rule.key)] = *age;
  }
  return {};
}

bool is_ssh_address(const std::string& text) {
  constexpr const char* allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@:[]";
  const size_t at = text.find('@');
  return at != 0 && at < text.size() - 1 && text.rfind('@') == at &&
         text.find_first_not_of(allowed) == text.npos;
}

Result<void> set(const std::string& name, const std::string& value, ServerSettings& settings) {
  if (name == "listen") return set_listen(value, settings);
  if (name == "listen_mode") return set_listen_mode(value, settings.listen_mode);
  if (name == "metrics.listen") {
    return set_address(name, value, settings.metrics_host, settings.metrics_port);
  }
  if (name == "metrics.token_file") settings.metrics_token_file = value;
  if (name.starts_with("rate_limit.")) return set_rate_limit(name, value, settings.rate_limits);
  if (name.starts_with("retention.")) return set_retention(name, value, settings.retention);
  if (name == "data") settings.data = value;
  if (name == "secret_key_file") settings.secret_key_file = value;
  if (name == "external_url") settings.external_url = TRY(checked_external_url(value));
  if (name == "trusted_proxies") {
    settings.trusted_proxies = list_of(value);
    TRY(core::TrustedProxies::parse(settings.trusted_proxies));
  }
  if (name == "log_level") settings.log_level = value;
  if (name == "tls.certificate") settings.tls_certificate = value;
  if (name == "tls.key") settings.tls_key = value;
  if (name == "ssh.socket") settings.ssh_socket = value;
  if (name == "ssh.user") settings.ssh_user = value;
  if (name == "ssh.repository_hooks") return set_flag(name, value, settings.ssh_repository_hooks);
  if (name == "cache") return set_flag(name, value, settings.has_cache);
  if (name == "ssh.address") {
    if (!is_ssh_address(value)) return wrong(name, value, "USER@HOST or USER@HOST:PORT");
    settings.ssh_address = value;
  }
  if (name == "webhooks.allow") settings.webhooks_allow = list_of(value);
  if (name == "webhooks.retry_scale") return set_scale(name, value, settings.webhooks_retry_scale);
  return {};
}

/// Where systemd lets a service keep its state (`StateDirectory=`), or below the user's home.
std::filesystem::path default_data() {
  if (const char* state = std::getenv("STATE_DIRECTORY"); state != nullptr && *state == '/') {
    return state;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".local/share/esclusa";
  }
  return "/var/lib/esclusa";
}

/// The credential that the unit asks for, if the machine has it (`LoadCredential=`); otherwise
/// empty: the key is in the data folder.
std::filesystem::path default_secret_key_file() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/') return {};
  const auto file = std::filesystem::path(folder) / key_credential;
  std::error_code unreadable;
  return std::filesystem::exists(file, unreadable) ? file : std::filesystem::path();
}

/// All but the ages of retention, which have a table of their own.
std::vector<SettingDescription> fixed_descriptions() {
  return {
      {"listen",
       "HOST:PORT to listen on, where port 0 lets the system choose, or unix:/PATH for a proxy of "
       "this machine (127.0.0.1:8080)"},
      {"listen_mode", "permissions of that unix socket, in octal digits (660)"},
      {"data",
       "folder of the database, the keys and the sockets; otherwise systemd's $STATE_DIRECTORY, or "
       "~/.local/share/esclusa"},
      {"secret_key_file",
       "file of the key that seals secrets, instead of DATA/secret.key; otherwise the systemd "
       "credential esclusa.key, if there is one"},
      {"external_url",
       "the address that clients use, where a proxy stands in front; it may have a path"},
      {"trusted_proxies",
       "addresses and ranges of proxies, such as 127.0.0.1,10.0.0.0/8, and unix for who comes "
       "through a unix socket: what they say of their clients is believed"},
      {"tls.certificate",
       "PEM file with the certificate and its chain: TCP speaks HTTPS; SIGHUP reads it again"},
      {"tls.key", "PEM file with the certificate's key, without a passphrase"},
      {"metrics.listen",
       "HOST:PORT where Prometheus reads /metrics, without a token; nowhere if unset"},
      {"metrics.token_file",
       "file of a token: who sends it as Bearer reads /metrics at the main address"},
      {"log_level", "debug, info, warning or error (info)"},
      {"webhooks.allow",
       "private address ranges that webhooks may reach, such as 10.0.0.0/8,127.0.0.0/8"},
      {"webhooks.retry_scale", "multiplies the pauses between delivery attempts (1)"},
      {"ssh.socket", "socket for OpenSSH's helpers; otherwise run/keys.sock in the data folder"},
      {"ssh.user", "system user whom that socket answers, too, beside root and the server's own"},
      {"cache", "keep in memory what was read from the database, until it changes (true)"},
      {"ssh.repository_hooks",
       "true: pushes run the hooks of a repository's owner, and git is not confined (false)"},
      {"ssh.address", "where git reaches the SSH door, USER@HOST or USER@HOST:PORT: for ssh_url"},
      {"rate_limit.enabled", "true: refuse who asks for too much, as GitHub does (false)"},
      {"rate_limit.anonymous_per_hour", "requests without an account, per address (60)"},
      {"rate_limit.account_per_hour", "requests of an account (5000)"},
      {"rate_limit.concurrent", "requests of a client that are being handled (100)"},
      {"rate_limit.points_per_minute", "of a client; reading is 1, everything else 5 (900)"},
      {"rate_limit.content_per_minute", "POST requests of a client (80)"},
      {"rate_limit.content_per_hour", "POST requests of a client (500)"},
      {"retention.keep_successes",
       "so many of the latest successes of an environment and task stay, whatever their age (10)"},
      {"retention.scale", "multiplies the ages of retention, for tests (1)"},
  };
}

}  // namespace

const std::vector<SettingDescription>& setting_descriptions() {
  static const std::vector<SettingDescription> all = [] {
    std::vector<SettingDescription> list = fixed_descriptions();
    for (const core::RetentionRule& rule : core::retention_rules()) {
      list.push_back({rule.setting, rule.what});
    }
    return list;
  }();
  return all;
}

std::string flag_of(const std::string& name) {
  std::string flag = "--" + name;
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string variable_of(const std::string& name) {
  std::string variable = "ESCLUSA_" + name;
  std::ranges::transform(variable, variable.begin(), [](char c) {
    if (c == '.') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return variable;
}

Result<ServerSettings> load_settings(const std::filesystem::path& file, const Values& flags) {
  Values values;
  TRY(read_file(file, values));
  for (const SettingDescription& setting : setting_descriptions()) {
    if (const char* value = std::getenv(variable_of(setting.name).c_str())) {
      values[setting.name] = value;
    }
  }
  for (const auto& [name, value] : flags) values[name] = value;

  ServerSettings settings;
  settings.data = default_data();
  settings.secret_key_file = default_secret_key_file();
  for (const auto& [name, value] : values) TRY(set(name, value, settings));
  if (!log::set_level(settings.log_level)) {
    return wrong("log_level", settings.log_level, "debug, info, warning or error");
  }
  if (!settings.listen_socket.empty() && settings.external_url.empty()) {
    return fail(ErrorCode::invalid,
                "where listen is a unix socket, links need the setting external_url: the address "
                "at which the proxy is reached");
  }
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    const bool lone_key = settings.tls_certificate.empty();
    return fail(ErrorCode::invalid, std::string("the setting ") +
                                        (lone_key ? "tls.key" : "tls.certificate") +
                                        " needs the setting " +
                                        (lone_key ? "tls.certificate" : "tls.key") + " beside it");
  }
  return settings;
}

}  // namespace esclusa
