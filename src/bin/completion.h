#pragma once
#include <string>

#include "cli/commands.h"

namespace esclusa {

/// `esclusa completion bash|zsh|fish`: prints a script by which that shell completes the commands
/// and options that `app` has when it is called.
void add_completion(CLI::App& app, cli::Action& action);

/// The script for one of the three shells; empty for any other name.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace esclusa
