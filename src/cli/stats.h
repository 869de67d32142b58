#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `stats`: delivery figures of a repository.
void add_stats(CLI::App& app, Action& action);

}  // namespace esclusa::cli
