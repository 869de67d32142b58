#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/mutex.h"

namespace esclusa::agent {

/// What remains to do after a step.
enum class Next { done, try_again };

/// Runs steps on a few threads: at most one at a time for each lane, and the steps of a lane in
/// order. A step that fails is retried later, and its lane waits for it.
class Scheduler {
 public:
  using Step = std::function<Next()>;
  using Backoff = esclusa::Backoff;

  Scheduler(size_t thread_count, Backoff backoff);
  /// Calls `stop`, and waits for the running steps.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;

  /// Steps must not throw. May be called from any thread.
  void add(std::string lane, int64_t order, Step step);
  void start();
  /// From now on no step begins; waiting steps are dropped. May be called from any thread.
  void stop();
  /// After `stop`: whether the running steps ended within that time.
  bool wait_idle(std::chrono::milliseconds time);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::string lane;
    int64_t order;
    Step step;
    bool is_running = false;
    size_t failed_count = 0;
    Clock::time_point not_before{};
  };
  void work();
  /// The entry whose turn it is, or null and when to look again. Entries are sorted by order.
  Entry* find_ready(Clock::time_point& look_again) REQUIRES(mutex_);

  const size_t thread_count_;
  const Backoff backoff_;
  Mutex mutex_;
  Condition changed_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace esclusa::agent
