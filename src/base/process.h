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

/// A program to run: a list of arguments, never a shell command.
struct ProcessSpec {
  std::vector<std::string> arguments;    ///< the first is the program, found by the PATH below
  std::vector<std::string> environment;  ///< `NAME=value`, complete: nothing is inherited
  std::string directory = "/";
  std::string input;  ///< its standard input (a memory file)
  std::chrono::milliseconds time_limit{30'000};
  std::chrono::milliseconds kill_after{2'000};  ///< from SIGTERM to SIGKILL
  /// Called with each piece of standard output and standard error, in the order read, on the thread
  /// that called `run_process`.
  std::function<void(std::string_view)> on_output;
  std::function<void(std::string_view)> on_error_output;  ///< unset: `on_output`
  const std::atomic<bool>* cancel = nullptr;  ///< when it becomes true, the process group is ended
  std::optional<Confinement> confinement = {};  ///< unset: the same as this process
};

struct ProcessOutcome {
  std::optional<int> exit_code;  ///< nothing if a signal ended the program
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  bool succeeded() const { return exit_code == 0; }
};

/// Runs the program in its own process group and waits. When the program has ended, its time is
/// over, or it is cancelled, the rest of the group is ended too: SIGTERM, then SIGKILL.
/// `unavailable` if it cannot be started. Any thread; the child inherits no other descriptors.
Result<ProcessOutcome> run_process(const ProcessSpec& spec);

}  // namespace esclusa
