#include "cli/connection.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace esclusa::cli {
namespace {

/// That of a server of this user; that of the installed service, if there is no other and this user
/// may see it.
std::string default_socket() {
  const std::string installed = "/var/lib/esclusa/run/admin.sock";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return installed;
  std::string own = std::string(home) + "/.local/share/esclusa/run/admin.sock";
  std::error_code unreadable;
  const bool is_own =
      std::filesystem::exists(own, unreadable) || !std::filesystem::exists(installed, unreadable);
  return is_own ? own : installed;
}

}  // namespace

std::shared_ptr<ServerOptions> add_server_options(CLI::App& command) {
  auto options = std::make_shared<ServerOptions>();
  command.add_option("--server", options->url, "Address of the server")
      ->envname("ESCLUSA_URL")
      ->capture_default_str();
  command.add_option("--token-file", options->token_file,
                     "File that holds the token [ESCLUSA_TOKEN_FILE; the token itself: "
                     "ESCLUSA_TOKEN]");
  command
      .add_option("--ca-file", options->ca_file,
                  "PEM file of the authorities to trust instead of the system's")
      ->envname("ESCLUSA_CA_FILE");
  return options;
}

Result<client::Api> ServerOptions::connect() const {
  const char* variable = std::getenv("ESCLUSA_TOKEN");
  const char* variable_file = std::getenv("ESCLUSA_TOKEN_FILE");
  if (token_file.empty() && variable != nullptr && variable_file != nullptr) {
    return fail(ErrorCode::invalid,
                "ESCLUSA_TOKEN and ESCLUSA_TOKEN_FILE are both set: unset one of them");
  }
  std::string token;
  const std::string name =
      token_file.empty() && variable_file != nullptr ? variable_file : token_file;
  if (!name.empty()) {
    std::ifstream file(name);
    std::stringstream content;
    content << file.rdbuf();
    if (!file) return fail(ErrorCode::invalid, "cannot read the token in " + name);
    token = trim(content.str());
  } else if (variable != nullptr) {
    token = variable;
  }
  if (token.empty()) {
    return fail(ErrorCode::invalid,
                "there is no token: set ESCLUSA_TOKEN or ESCLUSA_TOKEN_FILE, or give "
                "--token-file. One is made with: "
                "esclusa token create LOGIN " +
                    needed);
  }
  return client::Api({.base_url = url, .token = Secret(token), .ca_file = ca_file});
}

std::shared_ptr<SocketOptions> add_socket_options(CLI::App& command) {
  auto options = std::make_shared<SocketOptions>();
  options->socket = default_socket();
  command.add_option("--socket", options->socket, "The running server's admin.sock")
      ->envname("ESCLUSA_SOCKET")
      ->capture_default_str();
  return options;
}

client::Api SocketOptions::connect() const {
  return client::Api({.base_url = "http://local", .token = Secret(), .unix_socket = socket});
}

}  // namespace esclusa::cli
