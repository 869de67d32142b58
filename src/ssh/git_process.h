#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/landlock.h"

namespace esclusa::ssh {

/// A git process that serves the client on this process's own standard streams.
struct GitProcess {
  std::vector<std::string> arguments;    ///< the first is the program's absolute path
  std::vector<std::string> environment;  ///< the complete environment
  const Landlock* landlock = nullptr;    ///< what confines it
  int kept_descriptor = -1;              ///< inherited, besides the standard streams; -1: none
  std::chrono::milliseconds check_every{2000};
  /// Called regularly; an error ends git, and is reported.
  std::function<Result<void>()> check;
};

struct GitEnd {
  int exit_code = 1;
  bool was_killed = false;  ///< by us or by others: git did not exit by itself
};

/// Runs git in its own process group, and waits for its end. The group is ended when the check
/// fails, when this process is told to end, and when this process is killed; a confined group also
/// when git itself has ended. `unavailable` if git cannot be started. Single-threaded programs
/// only: it blocks signals.
Result<GitEnd> run_git_session(const GitProcess& process);

}  // namespace esclusa::ssh
