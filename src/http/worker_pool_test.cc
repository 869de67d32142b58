#include "http/worker_pool.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;

constexpr LaneLimits one_thread{.threads = 1, .queued = 4, .time = 1h, .per_place = 1};

/// Collects what ran and what was refused, in order. Its jobs of the name "hold" run until
/// `release`.
struct Jobs {
  WorkerPool::Job job(std::string name, std::string owner, std::string place = "") {
    return {.owner = std::move(owner),
            .place = std::move(place),
            .run = [this, name] { run(name); },
            .refuse =
                [this, name] {
                  Lock lock(mutex);
                  refused.push_back(name);
                }};
  }
  void run(const std::string& name) {
    {
      Lock lock(mutex);
      ran.push_back(name);
    }
    ++count;
    count.notify_all();
    if (name == "hold") released.wait(false);
  }
  void await(int number) {
    for (int now = count; now < number; now = count) count.wait(now);
  }
  void release() {
    released = true;
    released.notify_all();
  }
  std::vector<std::string> all() {
    Lock lock(mutex);
    return ran;
  }

  Mutex mutex;
  std::vector<std::string> ran GUARDED_BY(mutex);
  std::vector<std::string> refused GUARDED_BY(mutex);
  std::atomic<int> count = 0;
  std::atomic<bool> released = false;
};
using Names = std::vector<std::string>;
}  // namespace

TEST_CASE("WorkerPool: its threads have the niceness of the lane, and no other thread has") {
  LaneLimits nicer = one_thread;
  nicer.niceness = 3;
  const int here = getpriority(PRIO_PROCESS, 0);
  int in_job = 0;
  {
    Jobs jobs;
    WorkerPool pool(nicer);
    pool.submit({.owner = "a",
                 .place = "",
                 .run =
                     [&] {
                       in_job = getpriority(PRIO_PROCESS, 0);
                       jobs.run("asked");
                     },
                 .refuse = [] {}});
    jobs.await(1);
  }
  CHECK(in_job == here + 3);
  CHECK(getpriority(PRIO_PROCESS, 0) == here);
}

TEST_CASE("WorkerPool: owners take turns, and the jobs of one keep their order") {
  Jobs jobs;
  WorkerPool pool(one_thread);
  pool.submit(jobs.job("hold", "other"));
  jobs.await(1);
  for (auto name : {"greedy 1", "greedy 2", "greedy 3"}) pool.submit(jobs.job(name, "greedy"));
  pool.submit(jobs.job("stranger", "stranger"));
  jobs.release();
  jobs.await(5);
  CHECK(jobs.all() == Names{"hold", "greedy 1", "stranger", "greedy 2", "greedy 3"});
}

TEST_CASE(
    "WorkerPool: when the queue is full, the newest job of the owner with the most gives way") {
  Jobs jobs;
  WorkerPool pool(one_thread);
  pool.submit(jobs.job("hold", "other"));
  jobs.await(1);
  for (auto name : {"greedy 1", "greedy 2", "greedy 3", "greedy 4"}) {
    CHECK(pool.submit(jobs.job(name, "greedy")));
  }
  CHECK_FALSE(pool.submit(jobs.job("greedy 5", "greedy")));
  CHECK(pool.submit(jobs.job("stranger", "stranger")));
  jobs.release();
  jobs.await(5);
  CHECK(jobs.all() == Names{"hold", "greedy 1", "stranger", "greedy 2", "greedy 3"});
  Lock lock(jobs.mutex);
  CHECK(jobs.refused == Names{"greedy 4"});
}

TEST_CASE("WorkerPool: a job that waits can be withdrawn, and one that runs cannot") {
  Jobs jobs;
  WorkerPool pool(one_thread);
  const auto running = pool.submit(jobs.job("hold", "a"));
  jobs.await(1);
  const auto waiting = pool.submit(jobs.job("withdrawn", "a"));
  pool.submit(jobs.job("last", "a"));
  CHECK(pool.withdraw(*waiting));
  CHECK_FALSE(pool.withdraw(*waiting));
  CHECK_FALSE(pool.withdraw(*running));
  jobs.release();
  jobs.await(2);
  CHECK(jobs.all() == Names{"hold", "last"});
}

TEST_CASE("WorkerPool: a place takes no more than its part of the threads") {
  Jobs jobs;
  WorkerPool pool({.threads = 3, .queued = 10, .time = 1h, .per_place = 2});
  for (int i = 0; i < 5; ++i) pool.submit(jobs.job("hold", "greedy", "hanging"));
  jobs.await(2);
  pool.submit(jobs.job("other", "greedy", "healthy"));
  jobs.await(3);
  CHECK(jobs.all() == Names{"hold", "hold", "other"});
  jobs.release();
  jobs.await(6);
}

TEST_CASE("WorkerPool: a stuck job keeps its thread, and another thread takes its place") {
  Jobs jobs;
  WorkerPool pool({.threads = 1, .queued = 10, .time = 1h, .per_place = 1, .stuck_time = 0ms});
  pool.submit(jobs.job("hold", "a", "hanging"));
  jobs.await(1);
  pool.submit(jobs.job("same place", "b", "hanging"));
  pool.submit(jobs.job("other place", "a", "healthy"));
  pool.replace_stuck();
  jobs.await(2);
  CHECK(jobs.all() == Names{"hold", "other place"});
  jobs.release();
  jobs.await(3);
  CHECK(jobs.all().back() == "same place");
}

TEST_CASE("WorkerPool: its figures say what runs, waits, waited and was refused") {
  Jobs jobs;
  WorkerPool pool(one_thread);
  CHECK(pool.submit(jobs.job("hold", "ada")));
  jobs.await(1);
  for (int i = 0; i < 4; ++i) CHECK(pool.submit(jobs.job("wait", "ada")));
  CHECK_FALSE(pool.submit(jobs.job("too much", "ada")));
  LaneFigures figures = pool.figures();
  CHECK(figures.running == 1);
  CHECK(figures.waiting == 4);
  CHECK(figures.threads == 1);
  CHECK(figures.refused == 1);
  CHECK(figures.waits.total() == 1);  // of those that have begun
  CHECK(figures.runs.total() == 0);
  CHECK(pool.submit(jobs.job("other", "bob")));  // ada has the most, and gives way
  CHECK(pool.figures().refused == 2);
  jobs.release();
  jobs.await(5);
  while (pool.figures().running > 0) std::this_thread::yield();
  figures = pool.figures();
  CHECK(figures.waiting == 0);
  CHECK(figures.waits.total() == 5);
  CHECK(figures.runs.total() == 5);
}

}  // namespace esclusa::http
