#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "api/rate_limit.h"
#include "base/error.h"
#include "core/retention.h"

namespace esclusa {

/// The settings of `esclusa serve`. Each has one name, from which its other names follow: the key
/// in the file (`webhooks.allow`), the environment variable (`ESCLUSA_WEBHOOKS_ALLOW`) and the flag
/// (`--webhooks-allow`). Flags override the environment, which overrides the file.
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
  std::filesystem::path metrics_token_file;  ///< empty: the main address has no `/metrics`
  core::RetentionSettings retention;
};

/// The systemd credential that is the key, if there is one and no other file is named.
inline constexpr const char* key_credential = "esclusa.key";

struct SettingDescription {
  const char* name;  ///< `webhooks.allow`
  const char* help;  ///< one sentence; a default that can be written so ends it, in parentheses
};
/// All settings: for `--help`, for the flags, for the example of a file (bin/settings_example.h),
/// and to recognise the keys of the file.
const std::vector<SettingDescription>& setting_descriptions();

/// `webhooks.allow` → `--webhooks-allow` / `ESCLUSA_WEBHOOKS_ALLOW`.
std::string flag_of(const std::string& name);
std::string variable_of(const std::string& name);

/// Merges the three sources; `flags` maps names to values. `invalid` names the setting, where it
/// was set, and which values are allowed.
Result<ServerSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& flags);

}  // namespace esclusa
