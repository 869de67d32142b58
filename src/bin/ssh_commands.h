#pragma once
#include "cli/commands.h"

namespace esclusa {

/// `esclusa ssh`: what OpenSSH calls, and what helps to set it up.
void add_ssh(CLI::App& app, cli::Action& action);

}  // namespace esclusa
