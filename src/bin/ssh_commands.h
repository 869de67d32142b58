#pragma once
#include "cli/commands.h"

namespace esclusa {

/// `esclusa ssh`: the commands that help to set OpenSSH up for `esclusa-ssh`.
void add_ssh(CLI::App& app, cli::Action& action);

}  // namespace esclusa
