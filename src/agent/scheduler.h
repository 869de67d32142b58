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

/// What a step left to do.
enum class Next { done, try_again };

/// Runs steps on a few threads: at most one at a time per lane, and those of a lane in their
/// order. A step that could not be done is tried again later, and its lane waits for it.
class Scheduler {
 public:
  using Step = std::function<Next()>;
  using Backoff = esclusa::Backoff;

  Scheduler(size_t thread_count, Backoff backoff);
  /// As `stop`, and waits for the steps that are at work.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;

  /// Steps do not throw. Any thread.
  void add(std::string lane, int64_t order, Step step);
  void start();
  /// No step begins from now on; those that wait are dropped. Any thread.
  void stop();
  /// After `stop`: whether the steps at work ended within that time.
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
