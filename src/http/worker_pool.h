#pragma once
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace esclusa::http {

/// Runs jobs on at most `thread_count` threads, which start when they are first needed. They are
/// not supervised (base/supervised.h): a job answers its own exceptions, a request's with 500. What
/// it throws nevertheless is exhaustion, which ends the process.
class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  WorkerPool(size_t thread_count, size_t queue_limit)
      : thread_count_(thread_count), queue_limit_(queue_limit) {}
  /// Waits for the running jobs; drops the waiting ones.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  /// False if `queue_limit` jobs are already waiting. Any thread.
  bool submit(Job job);

 private:
  bool add_thread() REQUIRES(mutex_);
  void work();

  const size_t thread_count_;
  const size_t queue_limit_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Job> queue_ GUARDED_BY(mutex_);
  // Threads that have no job, those just started among them.
  size_t idle_count_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::http
