#pragma once
#include <atomic>
#include <chrono>

#include "base/mutex.h"

namespace esclusa::agent {

/// Tells all threads of the agent to stop. May be called from any thread.
class StopFlag {
 public:
  void request() {
    {
      Lock lock(mutex_);
      requested_ = true;
    }
    changed_.notify_all();
  }
  bool requested() const { return requested_; }
  /// For run_process, which reads it regularly.
  const std::atomic<bool>& flag() const { return requested_; }
  void wait() {
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return requested_.load(); });
  }
  /// True if the stop was requested within that time.
  bool wait_for(std::chrono::milliseconds time) {
    Lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return requested_.load(); });
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::atomic<bool> requested_ = false;
};

}  // namespace esclusa::agent
