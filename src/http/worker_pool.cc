#include "http/worker_pool.h"

#include <exception>

#include "base/log.h"

namespace esclusa::http {

WorkerPool::~WorkerPool() {
  std::deque<Job> dropped;
  {
    Lock lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(Job job) {
  {
    Lock lock(mutex_);
    bool all_busy = queue_.size() >= idle_count_;
    if (all_busy && threads_.size() < thread_count_) all_busy = !add_thread();
    if (threads_.empty()) return false;
    if (all_busy && queue_.size() - idle_count_ >= queue_limit_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

bool WorkerPool::add_thread() {
  try {
    threads_.emplace_back([this] { work(); });
    ++idle_count_;
    return true;
  } catch (const std::exception& error) {  // no thread, or no memory for one
    log::warning("cannot start a worker thread", {{"error", error.what()}});
    return false;
  }
}

void WorkerPool::work() {
  Lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      --idle_count_;
      lock.unlock();
      job();
    }
    lock.lock();
    ++idle_count_;
  }
}

}  // namespace esclusa::http
