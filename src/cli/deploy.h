#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa deploy` and `esclusa history`.
void add_deploy(CLI::App& app, Action& action);
void add_history(CLI::App& app, Action& action);

}  // namespace esclusa::cli
