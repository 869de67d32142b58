#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "agent/mask.h"
#include "base/error.h"
#include "base/limits.h"

namespace esclusa::agent {

/// A run's log, written at once, so that it can be read while the command runs. Output beyond the
/// limit is dropped, and the log says so. Secrets are replaced before anything reaches the disk; a
/// piece of output that may be the beginning of a secret waits for what follows. Single thread.
class RunLog {
 public:
  static Result<RunLog> open(const std::filesystem::path& file,
                             size_t limit_bytes = limits::run_log_bytes);
  ~RunLog();
  RunLog(RunLog&& other) noexcept;
  RunLog& operator=(RunLog&&) = delete;

  /// Hides a secret in what is written from now on. False if it is too short to be hidden, or if
  /// there is too much to hide.
  bool hide(std::string_view secret) { return mask_->hide(secret); }
  /// Whether a secret, or a part of it, is not hidden because the secrets have too many lines.
  bool hides_too_much() const { return mask_->is_over_full(); }
  /// A text with the secrets replaced that this log hides.
  std::string masked(std::string_view text) const { return mask_->whole(text); }
  /// Appends the output of a program.
  void append(std::string_view output);
  /// Appends a line of the agent's own, which starts on a new line and is written even when the log
  /// is full.
  void say(std::string_view line);

 private:
  RunLog(int fd, size_t left) : fd_(fd), left_bytes_(left), mask_(std::make_unique<Mask>()) {}
  /// Writes output that holds no secret, up to the limit.
  void put(std::string_view output);
  void write(std::string_view text);

  int fd_;
  size_t left_bytes_;
  bool is_full_ = false;
  bool at_line_begin_ = true;
  std::unique_ptr<Mask> mask_;  ///< null once it was moved away
};

}  // namespace esclusa::agent
