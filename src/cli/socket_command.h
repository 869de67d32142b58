#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/connection.h"

/// What the administrator's subcommands have in common: they ask the running server over its
/// socket.
namespace esclusa::cli {

/// A group that needs one of its subcommands.
CLI::App& add_group(CLI::App& app, const char* name, const char* description);

/// A subcommand of a group, with the options that reach the server.
struct SocketCommand {
  CLI::App* app;
  std::shared_ptr<SocketOptions> socket;
};
SocketCommand add_socket_command(CLI::App& group, const char* name, const char* description);

/// What is made of a server's answer.
using Show = std::function<void(const wire::Json&)>;
/// Calls the server below `/esclusa/admin`, and shows the answer; the exit code.
int ask(const SocketOptions& socket, const std::string& method, const std::string& path,
        const std::string& body, const Show& show);

void show_nothing(const wire::Json&);
/// Prints the members of each object of an array as a table.
Show show_table(std::vector<std::string> members);

}  // namespace esclusa::cli
