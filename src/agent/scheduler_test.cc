#include "agent/scheduler.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <set>

namespace esclusa::agent {
namespace {
using namespace std::chrono_literals;

const Scheduler::Backoff quick{1ms, 4ms};

/// Steps that are begun and ended by the test.
struct Watched {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> begun;
  std::set<std::string> allowed;
  std::atomic<int> running = 0;
  std::atomic<int> running_max = 0;

  Scheduler::Step step(const std::string& name) {
    return [this, name] {
      running_max = std::max(running_max.load(), ++running);
      std::unique_lock lock(mutex);
      begun.push_back(name);
      changed.notify_all();
      changed.wait(lock, [&] { return allowed.contains(name); });
      --running;
      return Next::done;
    };
  }
  void allow(const std::string& name) {
    std::lock_guard lock(mutex);
    allowed.insert(name);
    changed.notify_all();
  }
  void wait_begun(size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return begun.size() >= count; });
  }
};

TEST_CASE("Scheduler: a lane's steps run one at a time, in their order; lanes run side by side") {
  Watched watched;
  Scheduler scheduler(4, quick);
  scheduler.add("a", 3, watched.step("a3"));
  scheduler.add("a", 1, watched.step("a1"));
  scheduler.add("b", 2, watched.step("b2"));
  scheduler.start();
  watched.wait_begun(2);
  scheduler.add("a", 2, watched.step("a2"));
  CHECK(std::set<std::string>(watched.begun.begin(), watched.begun.end()) ==
        std::set<std::string>{"a1", "b2"});
  watched.allow("a1");
  watched.wait_begun(3);
  CHECK(watched.begun[2] == "a2");
  watched.allow("a2");
  watched.wait_begun(4);
  CHECK(watched.begun[3] == "a3");
  watched.allow("a3");
  watched.allow("b2");
}

TEST_CASE("Scheduler: of two steps with the same number, the first one added goes first") {
  Watched watched;
  Scheduler scheduler(1, quick);
  scheduler.add("a", 1, watched.step("first"));
  scheduler.add("a", 1, watched.step("second"));
  scheduler.start();
  watched.wait_begun(1);
  CHECK(watched.begun[0] == "first");
  watched.allow("first");
  watched.allow("second");
}

TEST_CASE("Scheduler: no more steps at once than threads") {
  Watched watched;
  for (int i = 0; i < 8; ++i) watched.allow(std::to_string(i));
  Scheduler scheduler(2, quick);
  for (int i = 0; i < 8; ++i) scheduler.add(std::to_string(i), i, watched.step(std::to_string(i)));
  scheduler.start();
  watched.wait_begun(8);
  CHECK(watched.running_max <= 2);
}

TEST_CASE("Scheduler: what could not be done is tried again, before what comes after it") {
  Scheduler scheduler(2, quick);
  std::atomic<int> tries = 0;
  std::atomic<int> tries_before_second = 0;
  std::latch done(2);
  scheduler.add("a", 1, [&] {
    if (++tries < 4) return Next::try_again;
    done.count_down();
    return Next::done;
  });
  scheduler.add("a", 2, [&] {
    tries_before_second = tries.load();
    done.count_down();
    return Next::done;
  });
  scheduler.start();
  done.wait();
  CHECK(tries == 4);
  CHECK(tries_before_second == 4);
}

TEST_CASE("Scheduler: after stop nothing begins, and wait_idle waits for what runs") {
  Watched watched;
  Scheduler scheduler(1, quick);
  scheduler.add("a", 1, watched.step("a1"));
  scheduler.add("a", 2, watched.step("a2"));
  scheduler.start();
  watched.wait_begun(1);
  scheduler.stop();
  CHECK(!scheduler.wait_idle(1ms));
  watched.allow("a1");
  CHECK(scheduler.wait_idle(1h));
  CHECK(watched.begun == std::vector<std::string>{"a1"});
}

}  // namespace
}  // namespace esclusa::agent
