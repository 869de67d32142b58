#pragma once
#include "cli/commands.h"

namespace esclusa {

/// Adds `backup`, `backup verify` and `restore`.
void add_backup(CLI::App& app, cli::Action& action);

}  // namespace esclusa
