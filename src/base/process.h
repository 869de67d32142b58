#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/landlock.h"

namespace esclusa {

/// A program to run: an argument list, never a shell string.
struct ProcessSpec {
  std::vector<std::string> arguments;    ///< the first is the program, found by the PATH below
  std::vector<std::string> environment;  ///< `NAME=value`, the whole of it: nothing is inherited
  std::string directory = "/";
  std::string input;  ///< what it reads on its standard input (a file in memory)
  std::chrono::milliseconds time_limit{30'000};
  std::chrono::milliseconds kill_after{2'000};  ///< from SIGTERM to SIGKILL
  /// Called with each piece of standard output and error, in the order read. From this thread.
  std::function<void(std::string_view)> on_output;
  std::function<void(std::string_view)> on_error_output;  ///< unset: goes to `on_output`
  const std::atomic<bool>* cancel = nullptr;    ///< when it becomes true, the group is ended
  std::optional<Confinement> confinement = {};  ///< what it may do to files; unset: whatever we may
};

struct ProcessOutcome {
  std::optional<int> exit_code;  ///< nothing if a signal ended it
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  bool succeeded() const { return exit_code == 0; }
};

/// Runs it in a process group of its own and waits. When the program has ended, or its time is
/// over, or it is cancelled, whatever is left of the group is ended too: SIGTERM, then SIGKILL.
/// `unavailable` if it cannot be started. Any thread; file descriptors are not inherited.
Result<ProcessOutcome> run_process(const ProcessSpec& spec);

}  // namespace esclusa
