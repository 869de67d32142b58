#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa repo`: calls the running server through its socket.
void add_repository(CLI::App& app, Action& action);

}  // namespace esclusa::cli
