#pragma once
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace esclusa {

/// Shows on a terminal how far a long step is, and on nothing else.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what)
      : what_(std::move(what)), is_shown_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;

  void show(int64_t done, int64_t of = 0) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_shown_ || now - shown_at_ < std::chrono::milliseconds(200)) return;
    shown_at_ = now;
    has_shown_ = true;
    const std::string rest = of > 0 ? " of " + megabytes(of) : "";
    std::fprintf(stderr, "\r\033[K%s: %s%s MB", what_.c_str(), megabytes(done).c_str(),
                 rest.c_str());
  }
  /// Before the first byte.
  void begin(const char* text) {
    if (!is_shown_) return;
    has_shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", text);
  }
  /// Before anything else is printed.
  void clear() {
    if (is_shown_ && std::exchange(has_shown_, false)) std::fputs("\r\033[K", stderr);
  }

 private:
  /// With one decimal.
  static std::string megabytes(int64_t bytes) {
    const int64_t tenths = bytes / 100'000;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }

  const std::string what_;
  const bool is_shown_;
  bool has_shown_ = false;
  std::chrono::steady_clock::time_point shown_at_{};
};

}  // namespace esclusa
