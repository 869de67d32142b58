#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/landlock.h"

namespace esclusa::ssh {

/// A git that speaks with the client over this process's own standard streams.
struct GitProcess {
  std::vector<std::string> arguments;    ///< the first is the program's absolute path
  std::vector<std::string> environment;  ///< the whole of it
  const Landlock* landlock = nullptr;    ///< what confines it
  int kept_descriptor = -1;              ///< inherited, beside the standard streams; -1: none
  std::chrono::milliseconds check_every{2000};
  /// Asked now and then; an error ends git, and is reported.
  std::function<Result<void>()> check;
};

struct GitEnd {
  int exit_code = 1;
  bool was_killed = false;  ///< by us or by others: it did not come to its own end
};

/// Runs it in a process group of its own, and waits for its end. The group is ended when the check
/// says so, when this process is told to end, and when it is killed; a confined one also when git
/// itself has ended.
/// One thread only: it blocks signals. `unavailable` if git cannot be started.
Result<GitEnd> run_git_session(const GitProcess& process);

}  // namespace esclusa::ssh
