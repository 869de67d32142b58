#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/backoff.h"
#include "base/pulse.h"

namespace esclusa {

/// A background thread of the server that no bug and no unreadable row ends. When its loop throws,
/// the thread logs the error, counts it, pauses, and calls the loop again. Exhaustion
/// (base/exhaustion.h) still ends the process.
///
/// The loop must be able to start again after an exception at any point: what it has to remember is
/// kept outside of it. Wherever it waits for something else than the end of its work, it says so by
/// a `Resting`.
class SupervisedThread {
 public:
  /// Returns when the stop is requested. Called again after an exception; a last time when the stop
  /// came meanwhile, so that it can end in order.
  using Loop = std::function<void(const std::stop_token&)>;

  static constexpr Backoff default_pauses{std::chrono::milliseconds(100), std::chrono::seconds(2)};

  /// Starts the thread. `name` has at most 15 characters, which the system shows (`ps -L`, `top
  /// -H`). Throws std::system_error if there is no thread.
  SupervisedThread(std::string name, Loop loop, Backoff pauses = default_pauses);
  /// Requests the stop, which ends a pause at once, and waits for the loop.
  ~SupervisedThread() = default;
  SupervisedThread(const SupervisedThread&) = delete;

  /// How often the loop has thrown. Any thread.
  size_t failure_count() const { return failure_count_; }
  const std::string& name() const { return name_; }
  /// Whether the loop should have turned before `now`. Any thread.
  bool is_late(Pulse::Clock::time_point now) const { return pulse_.is_late(now); }

 private:
  void run(const std::stop_token& stop);
  void note_failure(const std::exception& exception);

  const std::string name_;
  const Loop loop_;
  const Backoff pauses_;
  std::atomic<size_t> failure_count_ = 0;
  Pulse pulse_;
  std::jthread thread_;  ///< last: it uses all of the above
};

/// Waits for that time, which no change of the machine's clock shortens or lengthens. False, and at
/// once, when the stop is requested.
bool wait_unless_stopped(const std::stop_token& stop, std::chrono::milliseconds time);

/// A loop that waits for `period` and calls `work`, again and again; the last time when the stop is
/// requested.
SupervisedThread::Loop every(std::chrono::milliseconds period, std::function<void()> work);

}  // namespace esclusa
