#pragma once
#include "cli/commands.h"

namespace esclusa::cli {

/// Of `esclusa app`: where an app hears of events, and what it asks for.
void add_app_settings(CLI::App& group, Action& action);

}  // namespace esclusa::cli
