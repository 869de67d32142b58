#pragma once
#include "cli/commands.h"

namespace esclusa {

/// `esclusa doctor`: examines a server, its data folder and its machine, and says what to put
/// right. Exit codes: 0 if nothing was found, 1 if something was, 2 if it could not look.
void add_doctor(CLI::App& app, cli::Action& action);

}  // namespace esclusa
