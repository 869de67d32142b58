#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace esclusa::http {

/// Runs jobs on at most `thread_count` threads, each of which starts when first needed.
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
  bool add_thread();
  void work();

  const size_t thread_count_;
  const size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  size_t idle_count_ = 0;  // threads without a job, including newly started ones
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace esclusa::http
