#include "base/supervised.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "base/exhaustion.h"
#include "base/log.h"

namespace esclusa {
namespace {

/// A loop that ran for so long without an exception has recovered: the pauses begin anew.
constexpr auto recovery_time = std::chrono::minutes(1);

constexpr size_t thread_name_chars = 15;  // Linux

}  // namespace

SupervisedThread::SupervisedThread(std::string name, Loop loop, Backoff pauses)
    : name_(std::move(name)), loop_(std::move(loop)), pauses_(pauses) {
  ENSURE(name_.size() <= thread_name_chars);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void SupervisedThread::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), name_.c_str());
  Pulse::set_current(&pulse_);
  size_t failures_in_a_row = 0;
  for (bool is_last = false; !is_last;) {
    is_last = stop.stop_requested();
    const auto begin = std::chrono::steady_clock::now();
    try {
      loop_(stop);
      return pulse_.rest();
    } catch (const std::exception& exception) {
      if (is_exhaustion(exception)) throw;
      note_failure(exception);
    }
    if (std::chrono::steady_clock::now() - begin >= recovery_time) failures_in_a_row = 0;
    wait_unless_stopped(stop, pauses_.after(++failures_in_a_row));
  }
}

void SupervisedThread::note_failure(const std::exception& exception) {
  const size_t count = ++failure_count_;
  log::error("a background thread failed, and goes on",
             {{"thread", name_}, {"failures", count}, {"error", exception.what()}});
}

bool wait_unless_stopped(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const Resting resting(time);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

SupervisedThread::Loop every(std::chrono::milliseconds period, std::function<void()> work) {
  return [period, work = std::move(work)](const std::stop_token& stop) {
    for (bool goes_on = true; goes_on;) {
      goes_on = wait_unless_stopped(stop, period);
      work();
    }
  };
}

}  // namespace esclusa
