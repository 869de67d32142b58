#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/connection.h"

/// What the administrator's subcommands share: they call the running server through its socket.
namespace esclusa::cli {

/// Adds a group of subcommands, one of which must be given.
CLI::App& add_group(CLI::App& app, const char* name, const char* description);

/// A subcommand of a group, with the options that reach the server.
struct SocketCommand {
  CLI::App* app;
  std::shared_ptr<SocketOptions> socket;
};
SocketCommand add_socket_command(CLI::App& group, const char* name, const char* description);

/// Prints a server's answer.
using Show = std::function<void(const Json&)>;
/// Calls the server below `/esclusa/admin`, and shows the answer. Returns the exit code.
int ask(const SocketOptions& socket, const std::string& method, const std::string& path,
        const std::string& body, const Show& show);

void show_nothing(const Json&);
/// Prints an array of objects as a table of these members.
Show show_table(std::vector<std::string> members);

}  // namespace esclusa::cli
