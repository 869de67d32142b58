#pragma once
#include <string>

#include "bin/data_folder.h"
#include "bin/settings.h"
#include "http/server.h"

/// What a node listens on: a TCP port, the administrator's socket, and the socket of OpenSSH's
/// helpers.
namespace esclusa {

/// Opens them all, with TLS on the TCP port if it is set. Gives the port's address for people and
/// links, such as `http://127.0.0.1:8080`.
Result<std::string> open_listeners(const ServerSettings& settings, const DataFolder& data,
                                   http::Server& server);

/// Reads the certificate and the key again, perhaps from other files; there must be TLS. The old
/// ones stay if the new ones cannot be used: false. Any thread.
bool reload_tls(const ServerSettings& settings, http::Server& server);

}  // namespace esclusa
