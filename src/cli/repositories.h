#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa repo`: asks the running server over its socket.
void add_repository(CLI::App& app, Action& action);

}  // namespace esclusa::cli
