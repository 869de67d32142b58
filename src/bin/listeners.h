#pragma once
#include <string>

#include "bin/data_folder.h"
#include "bin/settings.h"
#include "http/server.h"

/// What a node listens on: a TCP port or a unix socket for clients, the administrator's socket, and
/// the socket of OpenSSH's helpers.
namespace esclusa {

/// Opens them all, with TLS on the TCP port if it is set. Gives the clients' address for people,
/// such as `http://127.0.0.1:8080`; it begins links if `external_url` is not set.
Result<std::string> open_listeners(const ServerSettings& settings, const DataFolder& data,
                                   http::Server& server);

/// Lets the server believe the proxies that the settings name, and remove the base path of
/// `external_url`, from the next request on. Any thread. `invalid` if an entry is no range.
Result<void> use_proxies(const ServerSettings& settings, http::Server& server);

/// Reads the certificate and the key again, perhaps from other files; there must be TLS. The old
/// ones stay if the new ones cannot be used: false. Any thread.
bool reload_tls(const ServerSettings& settings, http::Server& server);

}  // namespace esclusa
