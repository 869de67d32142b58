#pragma once
#include "cli/commands.h"

namespace esclusa {

/// `esclusa ssh`: the commands that OpenSSH calls, and those that help to set it up.
void add_ssh(CLI::App& app, cli::Action& action);

}  // namespace esclusa
