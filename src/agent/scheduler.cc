#include "agent/scheduler.h"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "base/log.h"

namespace esclusa::agent {

Scheduler::Scheduler(size_t thread_count, Backoff backoff)
    : thread_count_(thread_count), backoff_(backoff) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::add(std::string lane, int64_t order, Step step) {
  {
    Lock lock(mutex_);
    auto after = std::ranges::find_if(entries_, [&](const Entry& e) { return e.order > order; });
    entries_.insert(after, Entry{std::move(lane), order, std::move(step)});
  }
  changed_.notify_all();
}

void Scheduler::start() {
  for (size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { work(); });
}

void Scheduler::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Scheduler::wait_idle(std::chrono::milliseconds time) {
  Lock lock(mutex_);
  return changed_.wait_for(lock, time, [this]() REQUIRES(mutex_) {
    return std::ranges::none_of(entries_, [](const Entry& entry) { return entry.is_running; });
  });
}

Scheduler::Entry* Scheduler::find_ready(Clock::time_point& look_again) {
  const auto now = Clock::now();
  std::set<std::string_view> taken;
  for (const Entry& entry : entries_) {
    if (entry.is_running) taken.insert(entry.lane);
  }
  for (Entry& entry : entries_) {
    if (!taken.insert(entry.lane).second) continue;
    if (entry.not_before <= now) return &entry;
    look_again = std::min(look_again, entry.not_before);
  }
  return nullptr;
}

void Scheduler::work() {
  Lock lock(mutex_);
  while (!stopping_) {
    auto look_again = Clock::now() + std::chrono::hours(1);
    Entry* entry = find_ready(look_again);
    if (entry == nullptr) {
      changed_.wait_until(lock, look_again);
      continue;
    }
    entry->is_running = true;
    lock.unlock();
    const Next next = entry->step();  // list nodes do not move
    lock.lock();
    if (next == Next::done) {
      entries_.remove_if([entry](const Entry& candidate) { return &candidate == entry; });
    } else {
      entry->is_running = false;
      entry->not_before = Clock::now() + backoff_.after(++entry->failed_count);
    }
    changed_.notify_all();
  }
}

}  // namespace esclusa::agent
