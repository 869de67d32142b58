#pragma once
#include <atomic>
#include <chrono>

#include "base/mutex.h"

namespace esclusa::agent {

/// Tells all threads of the agent that it is to end. Any thread.
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
  /// For run_process, which looks at it now and then.
  const std::atomic<bool>& flag() const { return requested_; }
  void wait() {
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return requested_.load(); });
  }
  /// True if it was requested within that time.
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
