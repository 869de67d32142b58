#pragma once
#include "cli/commands.h"

namespace esclusa {

/// `esclusa config ...`: what concerns the settings of the server.
void add_config(CLI::App& app, cli::Action& action);

}  // namespace esclusa
