#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa hook`: manages webhooks through the API, with the caller's token.
void add_hook(CLI::App& app, Action& action);

}  // namespace esclusa::cli
