#include "http/worker_pool.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "base/niceness.h"

namespace esclusa::http {

WorkerPool::~WorkerPool() {
  std::map<std::string, Queue> dropped;
  {
    Lock lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
    turns_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::optional<WorkerPool::Ticket> WorkerPool::submit(Job job) {
  std::optional<Job> displaced;
  Ticket ticket = 0;
  {
    Lock lock(mutex_);
    if (!queued_.has_room()) {
      refused_.add();
      const std::string yields = queued_.who_yields(job.owner);
      if (yields == job.owner) return std::nullopt;
      const auto owner = waiting_.find(yields);
      displaced = std::move(owner->second.back().job);
      remove(owner, owner->second.end() - 1);
    }
    ticket = ++last_ticket_;
    const auto owner = waiting_.try_emplace(job.owner).first;
    owner->second.push_back({ticket, std::move(job), std::chrono::steady_clock::now()});
    if (owner->second.size() == 1) turns_.push_back(owner->first);
    queued_.take(owner->first);
    add_thread_if_needed();
    if (threads_.empty()) {  // none can be started at all
      remove(owner, owner->second.end() - 1);
      refused_.add();
      return std::nullopt;
    }
  }
  changed_.notify_one();
  if (displaced) displaced->refuse();
  return ticket;
}

bool WorkerPool::withdraw(Ticket ticket) {
  Lock lock(mutex_);
  for (auto owner = waiting_.begin(); owner != waiting_.end(); ++owner) {
    const auto job = std::ranges::find(owner->second, ticket, &Waiting::ticket);
    if (job == owner->second.end()) continue;
    remove(owner, job);
    return true;
  }
  return false;
}

void WorkerPool::remove(std::map<std::string, Queue>::iterator owner, Queue::iterator job) {
  queued_.give_back(owner->first);
  owner->second.erase(job);
  if (!owner->second.empty()) return;
  std::erase(turns_, owner->first);
  waiting_.erase(owner);
}

size_t WorkerPool::stuck_count() const {
  const Time limit = std::chrono::steady_clock::now() - bounds_.stuck_time;
  const auto first =
      std::ranges::find_if(running_, [&](const Running& job) { return job.since > limit; });
  return static_cast<size_t>(std::distance(running_.begin(), first));
}

bool WorkerPool::has_free_place(const Job& job) const {
  const auto running = running_by_place_.find(job.place);
  return job.place.empty() || running == running_by_place_.end() ||
         running->second < bounds_.per_place;
}

/// The next job that may run: of the owners in turn, the first whose place is free.
std::optional<WorkerPool::Job> WorkerPool::next() {
  if (turns_.empty() || running_.size() >= bounds_.threads + stuck_count()) return std::nullopt;
  for (size_t turn = 0; turn < turns_.size(); ++turn) {
    const auto owner = waiting_.find(turns_[turn]);
    const auto found = std::ranges::find_if(
        owner->second,
        [this](const Waiting& waiting) REQUIRES(mutex_) { return has_free_place(waiting.job); });
    if (found == owner->second.end()) continue;
    Job job = std::move(found->job);
    waits_.observe(std::chrono::steady_clock::now() - found->since);
    if (owner->second.size() > 1) {
      turns_.erase(turns_.begin() + static_cast<std::ptrdiff_t>(turn));
      turns_.push_back(owner->first);
    }
    remove(owner, found);
    return job;
  }
  return std::nullopt;
}

void WorkerPool::add_thread_if_needed() {
  const size_t idle_count = threads_.size() - running_.size();
  if (queued_.taken() <= idle_count || threads_.size() >= bounds_.threads + stuck_count() ||
      threads_.size() >= limits::lane_threads_max) {
    return;
  }
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception& error) {  // no thread, or no memory for one
    log::warning("cannot start a worker thread", {{"error", error.what()}});
  }
}

void WorkerPool::replace_stuck() {
  {
    Lock lock(mutex_);
    if (turns_.empty()) return;
    add_thread_if_needed();
  }
  changed_.notify_one();
}

LaneFigures WorkerPool::figures() {
  Lock lock(mutex_);
  return {.running = running_.size(),
          .waiting = queued_.taken(),
          .threads = threads_.size(),
          .refused = refused_.value(),
          .waits = waits_.state(),
          .runs = runs_.state()};
}

void WorkerPool::work() {
  be_nicer(bounds_.niceness);
  Lock lock(mutex_);
  while (true) {
    std::optional<Job> job;
    changed_.wait(lock, [&]() REQUIRES(mutex_) { return stopping_ || (job = next()); });
    if (!job) return;
    const auto running = begin(*job);
    lock.unlock();
    job->run();
    job.reset();  // what it holds goes before it counts as done
    lock.lock();
    end(running);
  }
}

WorkerPool::RunningList::iterator WorkerPool::begin(const Job& job) {
  if (!job.place.empty()) ++running_by_place_[job.place];
  return running_.insert(running_.end(), {std::chrono::steady_clock::now(), job.place});
}

void WorkerPool::end(RunningList::iterator running) {
  runs_.observe(std::chrono::steady_clock::now() - running->since);
  const auto place = running_by_place_.find(running->place);
  if (place != running_by_place_.end() && --place->second == 0) running_by_place_.erase(place);
  running_.erase(running);
}

}  // namespace esclusa::http
