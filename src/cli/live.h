#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `live`: what is live in each environment.
void add_live(CLI::App& app, Action& action);

}  // namespace esclusa::cli
