#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace esclusa::cli {

/// Runs the chosen subcommand; returns the program's exit code.
using Action = std::function<int()>;

/// Adds every subcommand that is a client of a running server.
void add_commands(CLI::App& app, Action& action);

}  // namespace esclusa::cli
