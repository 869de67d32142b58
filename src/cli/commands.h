#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace esclusa::cli {

/// What the chosen subcommand does; its value is the program's exit code.
using Action = std::function<int()>;

/// Adds every subcommand that speaks to a running server.
void add_commands(CLI::App& app, Action& action);

}  // namespace esclusa::cli
