#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa rollback`, `esclusa promote` and `esclusa redeploy`.
void add_repeats(CLI::App& app, Action& action);

}  // namespace esclusa::cli
