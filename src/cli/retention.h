#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa prune`: prunes now what is older than its retention, and shows how far it is; or with
/// `--dry-run` what would go.
void add_prune(CLI::App& app, Action& action);

}  // namespace esclusa::cli
