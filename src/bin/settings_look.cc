#include "bin/settings_look.h"

#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "bin/metrics_door.h"
#include "http/tls_identity.h"

namespace esclusa {
namespace {

namespace fs = std::filesystem;

class Look {
 public:
  explicit Look(const LoadedSettings& loaded) : loaded_(loaded), settings_(loaded.settings) {}

  std::vector<SettingProblem> all() {
    look_at_address("listen", settings_.listen_host);
    look_at_address("metrics.listen", settings_.metrics_host);
    if (settings_.metrics_port != 0 && settings_.metrics_port == settings_.listen_port &&
        settings_.metrics_host == settings_.listen_host) {
      add("metrics.listen", "it is the address of the setting listen");
    }
    look_at_certificate();
    if (const auto token = read_metrics_token(settings_); !token) {
      add("metrics.token_file", token.error().message);
    }
    look_at_key();
    look_at_folders();
    look_at_user();
    return std::move(problems_);
  }

 private:
  void add(const std::string& name, const std::string& text) {
    const auto row = std::ranges::find(
        loaded_.values, name, [](const SettingValue& value) { return value.setting->name; });
    problems_.push_back({row->place, name + ": " + text});
  }

  /// Also a name is allowed, if it can be resolved.
  void look_at_address(const std::string& name, const std::string& host) {
    if (host.empty()) return;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int problem = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (problem != 0) {
      add(name, "the address " + host + " cannot be resolved: " + gai_strerror(problem));
    } else {
      freeaddrinfo(found);
    }
  }

  void look_at_certificate() {
    if (settings_.tls_certificate.empty()) return;
    const auto identity = http::TlsIdentity::load(settings_.tls_certificate, settings_.tls_key);
    if (!identity) {
      add("tls.certificate", identity.error().message);
    } else if (identity->has_expired()) {
      add("tls.certificate", "the certificate has expired: " + identity->expires());
    }
  }

  void look_at_key() {
    if (settings_.secret_key_file.empty()) return;
    const std::string name = settings_.secret_key_file.string();
    const Descriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) add("secret_key_file", "cannot read " + name + ": " + std::strerror(errno));
  }

  void look_at_folders() {
    std::error_code error;
    if (fs::exists(settings_.data, error) && !fs::is_directory(settings_.data, error)) {
      add("data", settings_.data.string() + " is no folder");
    }
    if (settings_.ssh_socket.empty()) return;
    const fs::path folder = fs::absolute(settings_.ssh_socket, error).parent_path();
    if (!fs::is_directory(folder, error)) {
      add("ssh.socket", "there is no folder " + folder.string());
    }
  }

  void look_at_user() {
    if (settings_.ssh_user.empty()) return;
    passwd entry{};
    passwd* user = nullptr;
    std::array<char, 16 * 1024> texts{};
    getpwnam_r(settings_.ssh_user.c_str(), &entry, texts.data(), texts.size(), &user);
    if (user == nullptr) add("ssh.user", "there is no system user " + settings_.ssh_user);
  }

  const LoadedSettings& loaded_;
  const ServerSettings& settings_;
  std::vector<SettingProblem> problems_;
};

}  // namespace

std::vector<SettingProblem> look_at_settings(const LoadedSettings& loaded) {
  return Look(loaded).all();
}

}  // namespace esclusa
