#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa key list|add|delete`: a repository's deploy keys, through the API.
void add_key(CLI::App& app, Action& action);

}  // namespace esclusa::cli
