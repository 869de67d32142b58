#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fair_share.h"
#include "base/figures.h"
#include "base/mutex.h"
#include "http/figures.h"
#include "http/lane.h"

namespace esclusa::http {

/// The threads and the queue of one lane. Owners of waiting jobs take turns, and the owner with the
/// most waiting jobs gives way when the queue is full. A job that runs for longer than the lane's
/// `stuck_time` is stuck: it keeps its thread, and another thread takes its place, so that
/// a hanging repository holds up itself alone.
///
/// Threads start when they are first needed. They are not supervised (base/supervised.h): a job
/// answers its own exceptions, a request's with 500. What it throws nevertheless is exhaustion,
/// which ends the process. Any thread may call these functions.
class WorkerPool {
 public:
  struct Job {
    std::string owner;  ///< who waits for it: takes turns with the other owners
    std::string place;  ///< what may hang, such as a repository; empty: nothing
    std::move_only_function<void()> run;
    std::move_only_function<void()> refuse;  ///< called instead, from `submit` of another job
  };
  using Ticket = uint64_t;

  explicit WorkerPool(const LaneLimits& bounds) : bounds_(bounds), queued_(bounds.queued) {}
  /// Waits for the running jobs, stuck ones too; drops the waiting ones.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  /// Nothing if the job is refused: too many wait, and its owner has as many as anybody.
  std::optional<Ticket> submit(Job job);
  /// Takes a job back that has not begun. False if it has.
  bool withdraw(Ticket ticket);
  /// Called from time to time: starts threads in place of stuck ones.
  void replace_stuck();
  LaneFigures figures();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    Ticket ticket;
    Job job;
    Time since;
  };
  struct Running {
    Time since;
    std::string place;
  };
  using Queue = std::deque<Waiting>;
  using RunningList = std::list<Running>;

  size_t stuck_count() const REQUIRES(mutex_);
  bool has_free_place(const Job& job) const REQUIRES(mutex_);
  std::optional<Job> next() REQUIRES(mutex_);
  void remove(std::map<std::string, Queue>::iterator owner, Queue::iterator job) REQUIRES(mutex_);
  void add_thread_if_needed() REQUIRES(mutex_);
  void work();
  RunningList::iterator begin(const Job& job) REQUIRES(mutex_);
  void end(RunningList::iterator running) REQUIRES(mutex_);

  const LaneLimits bounds_;
  Mutex mutex_;
  Condition changed_;
  Ticket last_ticket_ GUARDED_BY(mutex_) = 0;
  FairShare<std::string> queued_ GUARDED_BY(mutex_);
  std::map<std::string, Queue> waiting_ GUARDED_BY(mutex_);  ///< by owner; none is empty
  std::deque<std::string> turns_ GUARDED_BY(mutex_);         ///< the owners; the next one first
  RunningList running_ GUARDED_BY(mutex_);                   ///< the oldest first
  std::map<std::string, size_t> running_by_place_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Histogram waits_{time_bounds};  ///< of jobs that have begun
  Histogram runs_{time_bounds};   ///< of jobs that have ended
  Tally refused_;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::http
