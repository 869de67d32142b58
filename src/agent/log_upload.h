#pragma once
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "agent/stop_flag.h"
#include "client/api.h"

namespace esclusa::agent {

/// The server's copy of a run's log. How much of it is there the server says, so that it goes on
/// after whatever interruption. One thread.
class LogUpload {
 public:
  LogUpload(const client::Api& api, std::string repository_path, int64_t deployment,
            std::filesystem::path log)
      : api_(api),
        repository_path_(std::move(repository_path)),
        deployment_(deployment),
        log_(std::move(log)) {}

  /// How far the log is: half a character at its end may still become a whole one.
  enum class Log { grows, is_complete };
  /// Sends what the server does not have yet. Ends early when `stop` becomes true. `internal` if
  /// the log cannot be read here, `conflict` if the server has another one.
  Result<void> send(Log state, const std::atomic<bool>& stop);

 private:
  const client::Api& api_;
  const std::string repository_path_;
  const int64_t deployment_;
  const std::filesystem::path log_;
  std::optional<int64_t> sent_;  ///< nothing: not asked yet
};

/// Sends a log as it grows, from a thread of its own, until it is destroyed. What fails is tried
/// again, and never told: the last part is sent by somebody else, who tells.
class LiveLog {
 public:
  explicit LiveLog(LogUpload upload);
  ~LiveLog();
  LiveLog(const LiveLog&) = delete;

 private:
  LogUpload upload_;
  StopFlag ended_;
  std::jthread thread_;
};

/// What a program printed, as text: bytes that are no part of UTF-8, and NUL, become `?`, one each,
/// so that positions stay. The beginning of a character at the end is left out, unless nothing
/// follows.
std::string as_log_text(std::string_view bytes, LogUpload::Log state);

}  // namespace esclusa::agent
