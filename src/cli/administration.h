#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa user`, `token` and `org`: they call the running server through its socket.
void add_user(CLI::App& app, Action& action);
void add_token(CLI::App& app, Action& action);
void add_organization(CLI::App& app, Action& action);

}  // namespace esclusa::cli
