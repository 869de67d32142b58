#pragma once
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/stop_flag.h"
#include "base/supervised.h"
#include "client/api.h"

namespace esclusa::agent {

/// Uploads a run's log to the server. The server says how much it has, so an upload can resume
/// after any interruption. Single thread.
class LogUpload {
 public:
  LogUpload(const client::Api& api, std::string repository_path, int64_t deployment,
            std::filesystem::path log)
      : api_(api),
        repository_path_(std::move(repository_path)),
        deployment_(deployment),
        log_(std::move(log)) {}

  /// Whether the log is complete: while it grows, half a character at its end may still become
  /// whole.
  enum class Log { grows, is_complete };
  /// Sends what the server does not have yet. Stops early when `stop` becomes true. `internal` if
  /// the log cannot be read here, `conflict` if the server has a different log.
  Result<void> send(Log state, const std::atomic<bool>& stop);

 private:
  const client::Api& api_;
  const std::string repository_path_;
  const int64_t deployment_;
  const std::filesystem::path log_;
  std::optional<int64_t> sent_;  ///< `nullopt`: not asked yet
};

/// Sends a growing log, in its own thread, until it is destroyed. Failures are retried and never
/// reported here: a final `LogUpload` sends the rest and reports them.
class LiveLog {
 public:
  explicit LiveLog(LogUpload upload);
  ~LiveLog() { ended_.request(); }
  LiveLog(const LiveLog&) = delete;

 private:
  LogUpload upload_;
  StopFlag ended_;
  SupervisedThread thread_;  ///< last: it uses all of the above
};

/// Converts a program's output to text: each byte that is not UTF-8, and each NUL, becomes `?`, so
/// that positions stay the same. The beginning of a character at the end is left out while the log
/// grows.
std::string as_log_text(std::string_view bytes, LogUpload::Log state);

}  // namespace esclusa::agent
