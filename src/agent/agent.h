#pragma once
#include <filesystem>
#include <functional>

#include "base/error.h"

namespace esclusa::agent {

/// Who wants to know how far the agent is.
struct Milestones {
  std::function<void()> ready;     ///< it hears of deployments from now on
  std::function<void()> stopping;  ///< it begins to stop
};

/// Runs the agent with a configuration (see agent/config.h) until SIGTERM or SIGINT. Prints `Agent
/// listens on http://…/` on standard output when it is ready. `invalid` for a bad configuration,
/// `unavailable` if it cannot start.
Result<void> run(const std::filesystem::path& config_file, const Milestones& milestones);

}  // namespace esclusa::agent
