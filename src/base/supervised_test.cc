#include "base/supervised.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <optional>
#include <semaphore>
#include <stdexcept>

#include "base/exhaustion.h"
#include "support/captured_log.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::captured_log;

namespace {

constexpr Backoff quick{1ms, 1ms};
constexpr Backoff endless{24h, 24h};

/// Waits until the stop is requested.
void idle(const std::stop_token& stop) { wait_unless_stopped(stop, 24h); }

}  // namespace

TEST_CASE("SupervisedThread: runs its loop under its name until it is destroyed") {
  std::string name(16, '\0');
  bool has_ended = false;
  {
    std::binary_semaphore started(0);
    const SupervisedThread thread("fifteen letters", [&](const std::stop_token& stop) {
      pthread_getname_np(pthread_self(), name.data(), name.size());
      started.release();
      idle(stop);
      has_ended = true;
    });
    started.acquire();
    CHECK(thread.failure_count() == 0);
  }
  CHECK(name.c_str() == std::string("fifteen letters"));
  CHECK(has_ended);
  CHECK_THROWS(SupervisedThread("sixteen letters!", idle));
}

TEST_CASE("SupervisedThread: calls the loop again after an exception, and logs and counts it") {
  const std::string log = captured_log([] {
    int calls = 0;
    std::binary_semaphore recovered(0);
    const SupervisedThread thread(
        "example",
        [&](const std::stop_token& stop) {
          if (++calls == 1) throw std::runtime_error("an unreadable row");
          if (calls == 2) throw std::logic_error("a bug");
          recovered.release();
          idle(stop);
        },
        quick);
    recovered.acquire();
    CHECK(thread.failure_count() == 2);
    CHECK(calls == 3);
  });
  CHECK(log.contains(R"("thread":"example","failures":"1","error":"an unreadable row")"));
  CHECK(log.contains(R"("thread":"example","failures":"2","error":"a bug")"));
}

TEST_CASE("SupervisedThread: a stop ends the pause, and the loop is called once more to end") {
  int calls = 0;
  bool was_stopped = false;
  captured_log([&] {
    std::binary_semaphore failed(0);
    const SupervisedThread thread(
        "example",
        [&](const std::stop_token& stop) {
          was_stopped = stop.stop_requested();
          ++calls;
          failed.release();
          throw std::runtime_error("always");
        },
        endless);
    failed.acquire();
    CHECK(calls == 1);
  });
  CHECK(calls == 2);
  CHECK(was_stopped);
}

TEST_CASE("SupervisedThread: exhaustion ends the process in order") {
  int status = 0;
  const std::string log = captured_log([&] {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      log_last_words();
      const SupervisedThread thread("example", [](const auto&) { throw std::bad_alloc(); });
      pause();
    }
    REQUIRE(waitpid(child, &status, 0) == child);
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
  CHECK(log.contains("the machine gives it no more memory"));
}

TEST_CASE("every: calls the work after each period, and once more at the end") {
  std::atomic<int> calls = 0;
  std::binary_semaphore called_twice(0);
  {
    const SupervisedThread thread("example", every(1ms, [&] {
                                    if (++calls == 2) called_twice.release();
                                  }));
    called_twice.acquire();
  }
  CHECK(calls >= 3);

  calls = 0;
  {
    const SupervisedThread thread("example", every(24h, [&] { ++calls; }));
  }
  CHECK(calls == 1);
}

TEST_CASE("wait_unless_stopped: says whether the time passed") {
  std::stop_source source;
  CHECK(wait_unless_stopped(source.get_token(), 1ms));
  source.request_stop();
  CHECK_FALSE(wait_unless_stopped(source.get_token(), 24h));
}
