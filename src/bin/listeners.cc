#include "bin/listeners.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include "base/log.h"
#include "bin/external_url.h"
#include "core/trusted_proxies.h"
#include "http/listening_socket.h"

namespace esclusa {
namespace {

std::string local_url(const ServerSettings& settings, std::string host, uint16_t port) {
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

/// Listens for clients: on the sockets that were handed over, on a unix socket, or on a TCP port.
/// Gives its address for people.
Result<std::string> listen_for_clients(const ServerSettings& settings, http::Server& server) {
  if (settings.lent_sockets.empty() && !settings.listen_socket.empty()) {
    const std::string path = settings.listen_socket.string();
    TRY(server.listen_local(path, settings.listen_mode, http::Door::network));
    return "unix:" + path;
  }
  if (settings.lent_sockets.empty()) {
    const uint16_t port = TRY(server.listen(settings.listen_host, settings.listen_port));
    return local_url(settings, settings.listen_host, port);
  }
  std::string url;
  for (const int listener : settings.lent_sockets) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const uint16_t port = TRY(server.adopt(listener));
    if (url.empty()) url = local_url(settings, http::address_text(address), port);
  }
  log::info("the service manager has handed over the sockets; the setting listen is not used",
            {{"sockets", static_cast<int64_t>(settings.lent_sockets.size())}});
  return url;
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
  TRY(use_proxies(settings, server));
  std::string url = TRY(listen_for_clients(settings, server));
  log::info("listening for clients", {{"address", url}});
  TRY(server.listen_local(data.admin_socket().string(), 0600, http::Door::local_admin));
  TRY(listen_for_ssh(settings, data, server));
  return url;
}

Result<void> use_proxies(const ServerSettings& settings, http::Server& server) {
  http::Proxies proxies{.base_path = base_path_of(settings.external_url)};
  const auto trusted = TRY(core::TrustedProxies::parse(settings.trusted_proxies));
  if (!trusted.empty()) {
    proxies.trusts = [trusted](std::string_view peer) { return trusted.contains(peer); };
  }
  server.use_proxies(std::move(proxies));
  return {};
}

bool reload_tls(const ServerSettings& settings, http::Server& server) {
  const auto loaded = load_tls(settings, server);
  if (loaded) return true;
  log::error("the old TLS certificate stays, the new one cannot be used",
             {{"error", loaded.error().message}});
  return false;
}

}  // namespace esclusa
