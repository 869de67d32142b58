#pragma once
#include <filesystem>
#include <functional>

#include "base/error.h"

namespace esclusa::agent {

/// Who wants to know how far the agent is.
struct Milestones {
  std::function<void()> ready;              ///< it hears of deployments from now on
  std::function<void()> stopping;           ///< it begins to stop
  std::function<void()> reloading = [] {};  ///< it reads its file again, after it was ready
  std::function<void()> reloaded = [] {};
};

/// Runs the agent with a configuration (see agent/config.h) until SIGTERM or SIGINT. SIGHUP reads
/// it again: entries, token, authorities and `keep_…` count from then on, and a run that has begun
/// goes on as it was; a file with a mistake changes nothing. Prints `Agent listens on http://…/` on
/// standard output when it is ready. `invalid` for a bad configuration, `unavailable` if it cannot
/// start.
Result<void> run(const std::filesystem::path& config_file, const Milestones& milestones);

}  // namespace esclusa::agent
