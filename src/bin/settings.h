#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "api/rate_limit.h"
#include "base/error.h"

namespace esclusa {

/// What `esclusa serve` can be told. Each setting has one name, from which the key in the file
/// (`webhooks.allow`), the environment variable (`ESCLUSA_WEBHOOKS_ALLOW`) and the flag
/// (`--webhooks-allow`) follow. File < environment < flags.
struct ServerSettings {
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 8080;
  std::filesystem::path data;
  std::string external_url;  ///< empty: each request's own Host decides
  std::string log_level = "info";
  std::string tls_certificate;  ///< a PEM file; empty: plain HTTP
  std::string tls_key;          ///< there if and only if the certificate is
  std::vector<std::string> webhooks_allow;
  double webhooks_retry_scale = 1.0;
  std::filesystem::path ssh_socket;   ///< empty: `run/keys.sock` of the data folder
  std::string ssh_user;               ///< empty: OpenSSH's helpers run as the server's own user
  std::string ssh_address;            ///< `user@host[:port]`, for links; empty: git is not served
  bool ssh_repository_hooks = false;  ///< git at the SSH door is then not confined
  api::RateLimits rate_limits;
};

struct SettingDescription {
  const char* name;  ///< `webhooks.allow`
  const char* help;
};
/// For `--help`, for the flags, and to know the keys of the file.
const std::vector<SettingDescription>& setting_descriptions();

/// `webhooks.allow` → `--webhooks-allow` / `ESCLUSA_WEBHOOKS_ALLOW`.
std::string flag_of(const std::string& name);
std::string variable_of(const std::string& name);

/// Merges the three sources; `flags` maps names to values. `invalid` names the setting, where it
/// was set, and what would do.
Result<ServerSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& flags);

}  // namespace esclusa
