#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/rate_limit.h"
#include "base/crypto.h"
#include "base/error.h"
#include "core/retention.h"

namespace esclusa {

/// The settings of `esclusa serve`. Each has one name, from which its other names follow: the key
/// in the file (`webhooks.allow`), the environment variable (`ESCLUSA_WEBHOOKS_ALLOW`) and the flag
/// (`--webhooks-allow`). Flags override the environment, which overrides the file. The table of all
/// settings is in bin/setting_table.cc.
struct ServerSettings {
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 8080;
  std::filesystem::path listen_socket;  ///< a unix socket, in place of these two; empty: none
  unsigned listen_mode = 0660;          ///< its permissions
  std::vector<int> lent_sockets;  ///< listening TCP sockets that are used instead of all these
  std::filesystem::path data;
  std::filesystem::path secret_key_file;  ///< empty: the key is in the data folder
  std::string external_url;  ///< no slash at its end; empty: links use the `Host` of each request
  std::vector<std::string> trusted_proxies;  ///< core::TrustedProxies
  std::string log_level = "info";
  std::string tls_certificate;  ///< a PEM file; empty: plain HTTP
  std::string tls_key;          ///< set if and only if the certificate is set
  std::vector<std::string> webhooks_allow;
  double webhooks_retry_scale = 1.0;
  std::filesystem::path ssh_socket;  ///< empty: `run/keys.sock` of the data folder
  std::string ssh_user;              ///< empty: OpenSSH's helpers run as the server's user
  std::string ssh_address;  ///< `user@host[:port]`, for links; empty: there is no git over SSH
  bool ssh_repository_hooks = false;  ///< true: git over SSH is not confined
  bool has_cache = true;              ///< false: each request asks the database for all its rows
  api::RateLimits rate_limits;
  std::string metrics_host;  ///< where `/metrics` has an address of its own; empty: nowhere
  uint16_t metrics_port = 0;
  std::filesystem::path metrics_token_file;
  Secret metrics_token;  ///< instead of the file; without both the main address has no `/metrics`
  core::RetentionSettings retention;
};

/// The systemd credential that is the key, if there is one and no other file is named.
inline constexpr const char* key_credential = "esclusa.key";

/// One row of the table of settings.
struct Setting {
  /// Puts a value into the settings. `invalid` says which values are allowed, such as `true or
  /// false`.
  using Set = std::function<Result<void>(ServerSettings&, const std::string&)>;

  std::string name;  ///< `webhooks.allow`
  std::string help;  ///< one sentence; a default that can be written so ends it, in parentheses
  Set set;
  bool is_reloaded = false;  ///< SIGHUP puts a new value in force
  std::string example = {};  ///< a value, for a setting without such a default
  /// The value is a secret: it is never shown, and no flag, because others can read arguments.
  bool is_secret = false;
  /// The setting that takes the place of this one, and this one its place: the same in a file.
  std::string rival = {};

  std::string initial() const;   ///< the default in `help`; empty: there is none
  std::string key() const;       ///< `allow`, in the table of the file that `table` names
  std::string table() const;     ///< `webhooks`; empty: the key stands before the tables
  std::string variable() const;  ///< `ESCLUSA_WEBHOOKS_ALLOW`
  std::string flag() const;      ///< `--webhooks-allow`; empty for a secret
};

/// All settings. From this table come the keys of the file, the variables, the flags, `--help`, the
/// example of a file (bin/settings_example.h), `esclusa config` and docs/settings.md.
const std::vector<Setting>& setting_table();
/// Null: there is none of that name.
const Setting* find_setting(std::string_view name);

/// A setting and where its value comes from.
struct SettingValue {
  enum class Origin { initial, file, environment, flag };
  const Setting* setting = nullptr;
  std::string value;  ///< as it was written; of a default: as it would be; empty for a secret
  Secret secret = {};
  Origin origin = Origin::initial;
  std::string place = "default";  ///< `/etc/esclusa.toml:12`, `ESCLUSA_LISTEN`, `--listen`
};

/// Something wrong with the settings.
struct SettingProblem {
  std::string place;  ///< as in `SettingValue`; of a whole file: its name
  std::string text;
};

/// What the three sources say together.
struct LoadedSettings {
  ServerSettings settings;           ///< without the values that have a problem
  std::vector<SettingValue> values;  ///< one for each row of the table, in its order
  std::vector<SettingProblem> problems;
  std::vector<SettingProblem> warnings;  ///< what has no effect, and may be a mistake

  /// `invalid` names the first problem, if there is one.
  Result<void> check() const;
};

/// Names of the settings whose values differ, in the order of the table.
std::vector<const Setting*> changed_settings(const LoadedSettings& before,
                                             const LoadedSettings& after);

/// Reads the file (none if the path is empty), the environment and the flags, a map of names to
/// values. Changes nothing in the process.
LoadedSettings read_settings(const std::filesystem::path& file,
                             const std::map<std::string, std::string>& flags);

/// The same for who needs settings without problems. `invalid` names the first problem: the
/// setting, where it was set, and which values are allowed.
Result<ServerSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& flags);

/// `; did you mean "NAME"?`, or nothing if no candidate is near.
std::string nearest_hint(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace esclusa
