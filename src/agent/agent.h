#pragma once
#include <filesystem>

#include "base/error.h"

namespace esclusa::agent {

/// Runs the agent with a configuration (see agent/config.h) until SIGTERM or SIGINT. Prints `Agent
/// listens on http://…/` on standard output when it is ready. `invalid` for a bad configuration,
/// `unavailable` if it cannot start.
Result<void> run(const std::filesystem::path& config_file);

}  // namespace esclusa::agent
