#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/deployment.h"

namespace esclusa::core {

/// What is live in an environment for one task: decision 0042.
struct Live {
  RepositoryId repository_id;
  EnvironmentName environment;
  std::string task;
  /// The deployment with the latest success, if that is still its state. Never a transient one.
  std::optional<Deployment> live;
  Deployment latest;  ///< the newest deployment, whatever became of it
  /// Those that wait for their gates; counted up to limits::live_listed.
  int64_t waiting_count = 0;
  /// The transient deployments whose state is `success`, the newest first: each counts by itself.
  /// At most limits::live_listed.
  std::vector<Deployment> transient;
};

/// Selects rows; an empty text selects all. The environment's name is compared without case.
struct LiveFilter {
  std::string environment = {};
  std::string task = {};
  /// Also what is over: nothing is live there, nothing waits, and the newest deployment was made
  /// for a transient environment and is inactive.
  bool with_destroyed = false;
};
bool is_destroyed(const Live& live);

/// The place of a row in the list of all: by environment, then by task.
struct LivePosition {
  int64_t environment_id = 0;
  std::string task = {};
  auto operator<=>(const LivePosition&) const = default;
};

}  // namespace esclusa::core
