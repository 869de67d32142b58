#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"

namespace esclusa::agent {

/// A run's log, written at once, so that it can be read while the command runs. Output beyond the
/// limit is dropped, and the log says so. Single thread.
class RunLog {
 public:
  static Result<RunLog> open(const std::filesystem::path& file,
                             size_t limit_bytes = limits::run_log_bytes);
  ~RunLog();
  RunLog(RunLog&& other) noexcept;
  RunLog& operator=(RunLog&&) = delete;

  /// Appends the output of a program.
  void append(std::string_view output);
  /// Appends a line of the agent's own, which starts on a new line and is written even when the log
  /// is full.
  void say(std::string_view line);

 private:
  RunLog(int fd, size_t left) : fd_(fd), left_bytes_(left) {}
  void write(std::string_view text);

  int fd_;
  size_t left_bytes_;
  bool is_full_ = false;
  bool at_line_begin_ = true;
};

}  // namespace esclusa::agent
