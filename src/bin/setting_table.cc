#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/ids.h"
#include "base/text.h"
#include "bin/external_url.h"
#include "bin/settings.h"
#include "core/network_address.h"
#include "core/trusted_proxies.h"

namespace esclusa {
namespace {

using Text = const std::string;

std::unexpected<Error> expected(const std::string& what) { return fail(ErrorCode::invalid, what); }

/// The member of the settings that a chain of members names.
template <auto... members>
auto& field(ServerSettings& settings) {
  return (settings.*....*members);
}

// How a value is read. Each is a `Setting::Set`.

template <auto... members>
Result<void> text(ServerSettings& settings, Text& value) {
  field<members...>(settings) = value;
  return {};
}

template <auto... members>
Result<void> flag(ServerSettings& settings, Text& value) {
  if (value != "true" && value != "false") return expected("true or false");
  field<members...>(settings) = value == "true";
  return {};
}

template <auto... members>
Result<void> count(ServerSettings& settings, Text& value) {
  const auto number = parse_positive(value);
  if (!number) return expected("a positive whole number");
  field<members...>(settings) = *number;
  return {};
}

template <auto... members>
Result<void> factor(ServerSettings& settings, Text& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_number = error == std::errc{} && end == value.data() + value.size();
  if (!is_number || !(number > 0)) return expected("a positive number");
  field<members...>(settings) = number;
  return {};
}

template <auto host, auto port>
Result<void> address(ServerSettings& settings, Text& value) {
  const size_t colon = value.rfind(':');
  if (colon == value.npos || colon == 0) return expected("HOST:PORT");
  const std::string_view digits = std::string_view(value).substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return expected("HOST:PORT");
  std::string name = value.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  settings.*host = name;
  settings.*port = number;
  return {};
}

/// HOST:PORT, or a unix socket.
Result<void> listen(ServerSettings& settings, Text& value) {
  constexpr std::string_view unix_socket = "unix:";
  if (!value.starts_with(unix_socket)) {
    return address<&ServerSettings::listen_host, &ServerSettings::listen_port>(settings, value);
  }
  const std::filesystem::path path = value.substr(unix_socket.size());
  if (!path.is_absolute()) return expected("HOST:PORT, or unix: with the whole path of a socket");
  settings.listen_socket = path;
  return {};
}

Result<void> listen_mode(ServerSettings& settings, Text& value) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
  const bool is_number = error == std::errc{} && end == value.data() + value.size();
  if (!is_number || mode > 0777) return expected("permissions in octal digits, such as 660");
  settings.listen_mode = mode;
  return {};
}

Result<void> external_url(ServerSettings& settings, Text& value) {
  settings.external_url = TRY(checked_external_url(value));
  return {};
}

/// The parts between commas.
std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> list;
  for (const std::string_view part : split(value, ',')) {
    if (!trim(part).empty()) list.emplace_back(trim(part));
  }
  return list;
}

Result<void> trusted_proxies(ServerSettings& settings, Text& value) {
  std::vector<std::string> proxies = list_of(value);
  TRY(core::TrustedProxies::parse(proxies));
  settings.trusted_proxies = std::move(proxies);
  return {};
}

Result<void> log_level(ServerSettings& settings, Text& value) {
  constexpr std::string_view levels[] = {"debug", "info", "warning", "error"};
  if (std::ranges::find(levels, value) == std::end(levels)) {
    return expected("debug, info, warning or error");
  }
  settings.log_level = value;
  return {};
}

Result<void> webhooks_allow(ServerSettings& settings, Text& value) {
  std::vector<std::string> ranges = list_of(value);
  if (auto parsed = core::DestinationPolicy::parse(ranges); !parsed) {
    return expected("a list of address ranges: " + parsed.error().message);
  }
  settings.webhooks_allow = std::move(ranges);
  return {};
}

Result<void> ssh_address(ServerSettings& settings, Text& value) {
  constexpr const char* allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@:[]";
  const size_t at = value.find('@');
  if (at == 0 || at >= value.size() - 1 || value.rfind('@') != at ||
      value.find_first_not_of(allowed) != value.npos) {
    return expected("USER@HOST or USER@HOST:PORT");
  }
  settings.ssh_address = value;
  return {};
}

Result<void> metrics_token(ServerSettings& settings, Text& value) {
  constexpr size_t chars_min = 16;
  if (value.size() < chars_min || value.find_first_of(" \t\r\n") != value.npos) {
    return expected("one token of at least 16 characters: `openssl rand -hex 32` makes one");
  }
  settings.metrics_token = Secret(value);
  return {};
}

Setting::Set age_of(const core::RetentionRule& rule) {
  return [&rule](ServerSettings& settings, Text& value) -> Result<void> {
    const auto age = core::parse_retention_age(rule, value);
    if (!age) return expected(age.error().message);
    settings.retention.ages[static_cast<size_t>(rule.key)] = *age;
    return {};
  };
}

using S = ServerSettings;
using Limits = api::RateLimits;
constexpr auto rates = &S::rate_limits;
constexpr auto retention = &S::retention;

std::vector<Setting> make_table() {
  std::vector<Setting> table = {
      {.name = "listen",
       .help = "HOST:PORT to listen on, where port 0 lets the system choose, or unix:/PATH for a "
               "proxy of this machine (127.0.0.1:8080)",
       .set = listen},
      {.name = "listen_mode",
       .help = "permissions of that unix socket, in octal digits (660)",
       .set = listen_mode},
      {.name = "data",
       .help = "folder of the database, the keys and the sockets; otherwise systemd's "
               "$STATE_DIRECTORY, or ~/.local/share/esclusa",
       .set = text<&S::data>,
       .example = "/var/lib/esclusa"},
      {.name = "secret_key_file",
       .help = "file of the key that seals secrets, instead of DATA/secret.key; otherwise the "
               "systemd credential esclusa.key, if there is one",
       .set = text<&S::secret_key_file>,
       .example = "/etc/esclusa/secret.key"},
      {.name = "external_url",
       .help = "the address that clients use, where a proxy stands in front; it may have a path",
       .set = external_url,
       .example = "https://deploy.example.org"},
      {.name = "trusted_proxies",
       .help = "addresses and ranges of proxies, such as 127.0.0.1,10.0.0.0/8, and unix for who "
               "comes through a unix socket: what they say of their clients is believed",
       .set = trusted_proxies,
       .is_reloaded = true,
       .example = "127.0.0.1,::1"},
      {.name = "tls.certificate",
       .help = "PEM file with the certificate and its chain: TCP speaks HTTPS",
       .set = text<&S::tls_certificate>,
       .is_reloaded = true,
       .example = "/etc/esclusa/fullchain.pem"},
      {.name = "tls.key",
       .help = "PEM file with the certificate's key, without a passphrase",
       .set = text<&S::tls_key>,
       .is_reloaded = true,
       .example = "/etc/esclusa/privkey.pem"},
      {.name = "metrics.listen",
       .help = "HOST:PORT where Prometheus reads /metrics, without a token; nowhere if unset",
       .set = address<&S::metrics_host, &S::metrics_port>,
       .example = "127.0.0.1:9180"},
      {.name = "metrics.token_file",
       .help = "file of a token: who sends it as Bearer reads /metrics at the main address",
       .set = text<&S::metrics_token_file>,
       .is_reloaded = true,
       .example = "/etc/esclusa/metrics.token",
       .rival = "metrics.token"},
      {.name = "metrics.token",
       .help = "the token itself, instead of its file",
       .set = metrics_token,
       .is_reloaded = true,
       .example = "a-token-of-16-characters-or-more",
       .is_secret = true,
       .rival = "metrics.token_file"},
      {.name = "log_level",
       .help = "debug, info, warning or error (info)",
       .set = log_level,
       .is_reloaded = true},
      {.name = "webhooks.allow",
       .help = "private address ranges that webhooks may reach, such as 10.0.0.0/8,127.0.0.0/8",
       .set = webhooks_allow,
       .is_reloaded = true,
       .example = "10.0.0.0/8,127.0.0.0/8"},
      {.name = "webhooks.retry_scale",
       .help = "multiplies the pauses between delivery attempts (1)",
       .set = factor<&S::webhooks_retry_scale>},
      {.name = "ssh.socket",
       .help = "socket for OpenSSH's helpers; otherwise run/keys.sock in the data folder",
       .set = text<&S::ssh_socket>,
       .example = "/run/esclusa/keys.sock"},
      {.name = "ssh.user",
       .help = "system user whom that socket answers, too, beside root and the server's own",
       .set = text<&S::ssh_user>,
       .example = "git"},
      {.name = "cache",
       .help = "keep in memory what was read from the database, until it changes (true)",
       .set = flag<&S::has_cache>},
      {.name = "ssh.repository_hooks",
       .help =
           "true: pushes run the hooks of a repository's owner, and git is not confined (false)",
       .set = flag<&S::ssh_repository_hooks>},
      {.name = "ssh.address",
       .help = "where git reaches the SSH door, USER@HOST or USER@HOST:PORT: for ssh_url",
       .set = ssh_address,
       .example = "git@deploy.example.org"},
      {.name = "rate_limit.enabled",
       .help = "true: refuse who asks for too much, as GitHub does (false)",
       .set = flag<rates, &Limits::enabled>,
       .is_reloaded = true},
      {.name = "rate_limit.anonymous_per_hour",
       .help = "requests without an account, per address (60)",
       .set = count<rates, &Limits::anonymous_per_hour>,
       .is_reloaded = true},
      {.name = "rate_limit.account_per_hour",
       .help = "requests of an account (5000)",
       .set = count<rates, &Limits::account_per_hour>,
       .is_reloaded = true},
      {.name = "rate_limit.concurrent",
       .help = "requests of a client that are being handled (100)",
       .set = count<rates, &Limits::concurrent>,
       .is_reloaded = true},
      {.name = "rate_limit.points_per_minute",
       .help = "of a client; reading is 1, everything else 5 (900)",
       .set = count<rates, &Limits::points_per_minute>,
       .is_reloaded = true},
      {.name = "rate_limit.content_per_minute",
       .help = "POST requests of a client (80)",
       .set = count<rates, &Limits::content_per_minute>,
       .is_reloaded = true},
      {.name = "rate_limit.content_per_hour",
       .help = "POST requests of a client (500)",
       .set = count<rates, &Limits::content_per_hour>,
       .is_reloaded = true},
      {.name = "retention.keep_successes",
       .help = "so many of the latest successes of an environment and task stay, whatever their "
               "age (10)",
       .set = count<retention, &core::RetentionSettings::keep_successes>,
       .is_reloaded = true},
      {.name = "retention.scale",
       .help = "multiplies the ages of retention, for tests (1)",
       .set = factor<retention, &core::RetentionSettings::scale>,
       .is_reloaded = true},
  };
  for (const core::RetentionRule& rule : core::retention_rules()) {
    table.push_back(
        {.name = rule.setting, .help = rule.what, .set = age_of(rule), .is_reloaded = true});
  }
  return table;
}

}  // namespace

const std::vector<Setting>& setting_table() {
  static const std::vector<Setting> table = make_table();
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find(setting_table(), name, &Setting::name);
  return found == setting_table().end() ? nullptr : &*found;
}

std::string Setting::initial() const {
  const size_t begin = help.rfind(" (");
  if (begin == help.npos || !help.ends_with(')')) return {};
  return help.substr(begin + 2, help.size() - begin - 3);
}

std::string Setting::key() const { return name.substr(name.find('.') + 1); }

std::string Setting::table() const {
  const size_t dot = name.find('.');
  return dot == name.npos ? "" : name.substr(0, dot);
}

std::string Setting::variable() const {
  std::string variable = "ESCLUSA_" + name;
  std::ranges::transform(variable, variable.begin(), [](char c) {
    if (c == '.') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return variable;
}

std::string Setting::flag() const {
  if (is_secret) return {};
  std::string flag = "--" + name;
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

}  // namespace esclusa
