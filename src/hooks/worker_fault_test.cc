#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <new>
#include <stdexcept>

#include "base/exhaustion.h"
#include "base/limits.h"
#include "hooks/worker.h"
#include "support/captured_log.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using core::DeliveryState;
using test::header;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

namespace {

/// The attempts that the transaction has recorded for events of that kind.
int64_t attempt_count(sql::Reader& db, const std::string& kind) {
  return std::ranges::count(test::list_attempts(db), kind, &test::StoredAttempt::event);
}

}  // namespace

TEST_CASE("Worker: a read that throws once loses no event, and sends none twice") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  std::atomic<bool> has_thrown = false;
  fixture.faulty.before_read = [&](sql::Reader&) {
    if (!has_thrown.exchange(true)) throw std::runtime_error("an unreadable row");
  };
  for (int i = 0; i < 3; ++i) fixture.send("push");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 3);
  CHECK(fixture.worker->failure_count() == 1);
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 3);
  CHECK(fixture.attempts().size() == 3);
}

TEST_CASE("Worker: a write that throws once loses no answer, and sends nothing twice") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  std::atomic<bool> has_thrown = false;
  fixture.faulty.after_write = [&](sql::Writer& tx) {
    if (attempt_count(tx, "push") == 0 || has_thrown.exchange(true)) return;
    throw std::logic_error("a bug");
  };
  for (int i = 0; i < 3; ++i) fixture.send("push");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 3);
  fixture.send("push");  // the thread goes on
  fixture.await_deliveries(DeliveryState::delivered, 4);
  CHECK(fixture.worker->failure_count() == 1);
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 4);
  CHECK(fixture.attempts().size() == 4);
}

TEST_CASE("Worker: while the storage refuses writes, nothing is sent twice") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  std::atomic<int> refused_count = 0;
  std::atomic<bool> refuses = true;
  fixture.faulty.after_write = [&](sql::Writer& tx) {
    if (!refuses) return;
    ++refused_count;
    tx.execute("insert into nowhere values (1)");
  };
  fixture.send("push");
  fixture.start();
  receiver.await(1);
  const int before = refused_count;
  while (refused_count < before + 3) std::this_thread::yield();
  refuses = false;
  fixture.await_deliveries(DeliveryState::delivered, 1);
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE(
    "Worker: an answer that cannot be recorded holds up no other, and is not asked for again") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.faulty.after_write = [&](sql::Writer& tx) {
    if (attempt_count(tx, "poison") > 0) throw std::runtime_error("an unreadable row");
  };
  const std::string guid = fixture.send("poison");
  for (int i = 0; i < 3; ++i) fixture.send("push");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 3);
  fixture.send("push");
  fixture.await_deliveries(DeliveryState::delivered, 4);
  CHECK(receiver.requests().size() == 5);
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 5);

  // The next start sends it again.
  fixture.faulty.after_write = [](sql::Writer&) {};
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 5);
  const auto requests = receiver.requests();
  CHECK(requests.size() == 6);
  CHECK(header(requests.back(), "X-GitHub-Delivery") == guid);
}

TEST_CASE("Worker: exhaustion while an answer is recorded alone ends the process in order") {
  const test::TempFolder folder;
  int status = 0;
  const std::string log = test::captured_log([&] {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      log_last_words();
      alarm(120);  // ends a worker that does not end by itself
      setenv("TMPDIR", folder.path().c_str(), 1);
      unsetenv("ESCLUSA_TEST_ENGINE");  // a cluster of PostgreSQL would outlive this process
      WorkerFixture fixture;
      HttpReceiver receiver;
      fixture.hook(receiver.url());
      bool is_alone = false;
      fixture.faulty.after_write = [&](sql::Writer& tx) {
        if (attempt_count(tx, "push") == 0) return;
        is_alone = !is_alone;
        if (is_alone) throw std::logic_error("a bug");
        throw std::bad_alloc();
      };
      fixture.send("push");
      fixture.start();
      while (true) pause();
    }
    REQUIRE(waitpid(child, &status, 0) == child);
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
  CHECK(log.contains("the machine gives it no more memory"));
}

TEST_CASE("Worker: what is in flight is finished and recorded while nothing can be read") {
  WorkerFixture fixture;
  test::HangingReceiver receiver;
  fixture.hook(receiver.url());
  std::atomic<bool> is_broken = false, has_failed = false;
  std::promise<void> failed;
  fixture.faulty.before_read = [&](sql::Reader&) {
    if (!is_broken) return;
    if (!has_failed.exchange(true)) failed.set_value();
    throw std::runtime_error("an unreadable row");
  };
  fixture.start();
  fixture.send("push");
  receiver.await(1);
  is_broken = true;
  fixture.worker->wake();
  failed.get_future().wait();
  receiver.release();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(fixture.worker->failure_count() > 0);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("Worker: what lost its body is given up with a reason, and holds up nothing") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  const std::string pruned = fixture.send("deployment", "staging");
  const std::string whole = fixture.send("deployment", "staging");
  test::write(fixture.database(), [&](sql::Writer& tx) {
    tx.execute("delete from event_body where event_id = (select id from event where guid = $1)",
               {pruned});
  });
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  REQUIRE(fixture.deliveries(DeliveryState::dead).size() == 1);
  CHECK(fixture.deliveries(DeliveryState::dead)[0].attempt_count == 0);
  CHECK(std::ranges::count_if(fixture.attempts(), [](const auto& attempt) {
          return attempt.status_code == 0 && attempt.status.starts_with("body_pruned:");
        }) == 1);
  CHECK(fixture.get(hook).health.failure_count == 0);
  fixture.redeliver(hook.id);  // of both
  fixture.await([&] { return fixture.redeliveries().empty(); });
  CHECK(fixture.worker->failure_count() == 0);
  fixture.worker.reset();
  REQUIRE(receiver.requests().size() == 2);
  for (const auto& request : receiver.requests()) {
    CHECK(header(request, "X-GitHub-Delivery") == whole);
  }
}

TEST_CASE("Worker: while there is nothing to send, its thread rests and is not late") {
  WorkerFixture fixture;
  fixture.start();
  const auto bound = [] { return Pulse::Clock::now() + limits::loop_turn_time; };
  while (fixture.worker->thread().is_late(bound() + std::chrono::seconds(1))) {
    std::this_thread::yield();
  }
  CHECK_FALSE(fixture.worker->thread().is_late(bound()));
}
