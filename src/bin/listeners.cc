#include "bin/listeners.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include "base/log.h"

namespace esclusa {
namespace {

std::string local_url(const ServerSettings& settings, uint16_t port) {
  std::string host = settings.listen_host;
  if (host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != host.npos) host = "[" + host + "]";
  const char* scheme = settings.tls_certificate.empty() ? "http://" : "https://";
  return scheme + host + ":" + std::to_string(port);
}

/// Reads the certificate and the key, if there shall be TLS, and gives them to the server.
Result<void> load_tls(const ServerSettings& settings, http::Server& server) {
  if (settings.tls_certificate.empty()) return {};
  auto identity = TRY(http::TlsIdentity::load(settings.tls_certificate, settings.tls_key));
  const std::string expires = identity.expires();
  const bool has_expired = identity.has_expired();
  log::write(has_expired ? log::Level::warning : log::Level::info,
             has_expired ? "the TLS certificate has expired" : "the TLS certificate is loaded",
             {{"certificate", settings.tls_certificate}, {"expires", expires}});
  server.use_tls(std::move(identity));
  return {};
}

/// Opens the socket of OpenSSH's helpers. Theirs is another user's than the server's only if that
/// was set: then the socket's folder decides who comes near, and the peer's user who is heard.
Result<void> listen_for_ssh(const ServerSettings& settings, const DataFolder& data,
                            http::Server& server) {
  const auto path = settings.ssh_socket.empty() ? data.ssh_socket() : settings.ssh_socket;
  if (settings.ssh_user.empty()) {
    return server.listen_local(path.string(), 0600, http::Door::ssh);
  }
  passwd entry{};
  passwd* user = nullptr;
  std::array<char, 16 * 1024> texts{};
  getpwnam_r(settings.ssh_user.c_str(), &entry, texts.data(), texts.size(), &user);
  if (user == nullptr) {
    return fail(ErrorCode::invalid, "the setting ssh.user is \"" + settings.ssh_user +
                                        "\", but there is no such system user");
  }
  return server.listen_local(path.string(), 0666, http::Door::ssh, {0, geteuid(), user->pw_uid});
}

}  // namespace

Result<std::string> open_listeners(const ServerSettings& settings, const DataFolder& data,
                                   http::Server& server) {
  TRY(load_tls(settings, server));
  const uint16_t port = TRY(server.listen(settings.listen_host, settings.listen_port));
  TRY(server.listen_local(data.admin_socket().string(), 0600, http::Door::local_admin));
  TRY(listen_for_ssh(settings, data, server));
  return local_url(settings, port);
}

void reload_tls(const ServerSettings& settings, http::Server& server) {
  if (settings.tls_certificate.empty()) return log::info("SIGHUP: there is nothing to reload");
  if (auto loaded = load_tls(settings, server); !loaded) {
    log::error("the old TLS certificate stays, the new one cannot be used",
               {{"error", loaded.error().message}});
  }
}

}  // namespace esclusa
