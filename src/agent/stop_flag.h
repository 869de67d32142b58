#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include "base/mutex.h"

namespace esclusa::agent {

/// Tells all threads of the agent to stop. May be called from any thread.
class StopFlag {
 public:
  void request() {
    {
      Lock lock(mutex_);
      requested_ = true;
      for (StopFlag* follower : followers_) follower->request();
    }
    changed_.notify_all();
  }
  /// While it is there, a request of `leader` is one of `follower`, too. They must outlive it, and
  /// no flag may follow itself.
  class Following {
   public:
    Following(StopFlag& leader, StopFlag& follower) : leader_(leader), follower_(follower) {
      Lock lock(leader_.mutex_);
      leader_.followers_.push_back(&follower_);
      if (leader_.requested_) follower_.request();
    }
    ~Following() {
      Lock lock(leader_.mutex_);
      leader_.followers_.erase(std::ranges::find(leader_.followers_, &follower_));
    }
    Following(const Following&) = delete;

   private:
    StopFlag& leader_;
    StopFlag& follower_;
  };
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
  std::vector<StopFlag*> followers_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::agent
