#pragma once
#include <memory>
#include <string>

#include "client/api.h"

namespace CLI {
class App;
}

namespace esclusa::cli {

/// The options with which a subcommand reaches the API: `--server`, `--token-file` and `--ca-file`,
/// or the variables `ESCLUSA_URL`, `ESCLUSA_TOKEN_FILE` (or `ESCLUSA_TOKEN`) and `ESCLUSA_CA_FILE`.
/// A token is never an argument, because other users can read arguments.
struct ServerOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string token_file;
  std::string ca_file;
  std::string needed = "--scopes repo_deployment";  ///< what the token needs, for who has none
  Result<client::Api> connect() const;
};
std::shared_ptr<ServerOptions> add_server_options(CLI::App& command);

/// The option with which an administrator's subcommand reaches the server: `--socket`, or
/// `ESCLUSA_SOCKET`.
struct SocketOptions {
  std::string socket;
  client::Api connect() const;
};
std::shared_ptr<SocketOptions> add_socket_options(CLI::App& command);

}  // namespace esclusa::cli
