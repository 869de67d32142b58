#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace esclusa::agent {

/// What remains to do after a step.
enum class Next { done, try_again };

/// Runs steps on a few threads: at most one at a time for each lane, and the steps of a lane in
/// order. A step that fails is retried later, and its lane waits for it.
class Scheduler {
 public:
  using Step = std::function<Next()>;
  struct Backoff {
    std::chrono::milliseconds first{1000};
    std::chrono::milliseconds longest{60'000};
    /// The pause after that many failures: doubled each time.
    std::chrono::milliseconds after(size_t failed_count) const;
  };

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
  /// The entry that may run now, or null and the time to look again. Entries are sorted by order.
  Entry* find_ready(Clock::time_point& look_again);

  const size_t thread_count_;
  const Backoff backoff_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Entry> entries_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace esclusa::agent
