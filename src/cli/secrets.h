#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa secret …`: the secrets of an environment, by the API; and the rotation of the key that
/// seals them, by the administrator's socket.
void add_secret(CLI::App& app, Action& action);
/// `esclusa variable …`.
void add_variable(CLI::App& app, Action& action);

}  // namespace esclusa::cli
