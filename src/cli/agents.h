#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa agent token|tokens|revoke`, below the command that runs an agent: they call the running
/// server through its socket.
void add_agent_tokens(CLI::App& agent, Action& action);

}  // namespace esclusa::cli
