#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa app`: makes apps, installs, suspends and removes them. It makes their key pairs itself,
/// so that the server never has a private key.
void add_app(CLI::App& app, Action& action);

}  // namespace esclusa::cli
