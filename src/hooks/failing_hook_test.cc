// How the worker treats hooks that fail, are disabled, or do not want every delivery.
#include <doctest/doctest.h>

#include <set>

#include "store/event_deliveries.h"
#include "store/hook_health.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using test::at;
using test::header;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

TEST_CASE("Worker: when a hook works again, its held deliveries are sent at once, in order") {
  WorkerFixture fixture;
  std::atomic<bool> is_back = false;
  std::mutex mutex;
  std::vector<std::string> taken;
  HttpReceiver receiver([&](const http::Request& request) {
    if (!is_back) return status(503);
    const std::lock_guard lock(mutex);
    taken.push_back(header(request, "X-GitHub-Delivery"));
    return status(200);
  });
  const auto hook = fixture.hook(receiver.url());
  // The scheduled retry would take hours; a probe comes after a few milliseconds.
  fixture.start({"127.0.0.0/8"}, 1e-3);
  std::vector<std::string> first, second;
  for (int i = 0; i < 10; ++i) {
    first.push_back(fixture.send("deployment", "staging"));
    second.push_back(fixture.send("deployment", "production"));
  }
  fixture.await_count("hook where probe_at is not null", 1);
  const std::string late = fixture.send("status");
  fixture.await_count("delivery where state = 'held'", 20);
  is_back = true;
  fixture.await_count("delivery where state = 'delivered'", 21);
  fixture.await_count("hook where probe_at is null and failure_count = 0", 1);
  fixture.worker.reset();
  for (const auto& expected : {first, second}) {
    std::vector<std::string> seen;
    std::ranges::copy_if(taken, std::back_inserter(seen), [&](const std::string& guid) {
      return std::ranges::count(expected, guid) > 0;
    });
    CHECK(seen == expected);
  }
}

TEST_CASE("Worker: a probe does not use up a scheduled attempt") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    core::HookHealth health{.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)};
    store::set_hook_health(tx, hook.id, health);
  });
  fixture.send("deployment");
  fixture.start({"127.0.0.0/8"}, 1.0);
  fixture.await_count("delivery_attempt", 1);
  CHECK(fixture.count("delivery where attempt_count = 0 and state = 'pending'") == 1);
  CHECK(fixture.count("hook where failure_count = 8 and probe_at > 0") == 1);
}

TEST_CASE("Worker: 410 disables the hook, and its deliveries are kept") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(410); });
  const auto hook = fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment", "staging");
  fixture.await_count("hook where active = 0 and last_status = 'disabled'", 1);
  CHECK(fixture.count("delivery where state = 'held'") == 1);
  CHECK(fixture.count("audit where action = 'hook.disable'") == 1);
  fixture.send("deployment", "staging");
  CHECK(fixture.count("delivery") == 1);
  const auto after = test::read(fixture.database(), [&](sql::Reader& db) {
    return test::found(store::find_hook(db, test::sealer(), hook.target, hook.id));
  });
  CHECK(after.last_response.message == "the receiver answered 410 Gone");
}

TEST_CASE("Worker: a hook that has failed for five days is disabled") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    const Timestamp since = system_now() - std::chrono::hours(121);
    store::set_hook_health(tx, hook.id, {.failure_count = 19, .failing_since = since});
  });
  fixture.start();
  fixture.send("deployment");
  fixture.await_count("hook where active = 0 and last_message like '%five days%'", 1);
}

TEST_CASE("Worker: a hook without retries receives each event once") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(),
              [&](sql::Writer& tx) { tx.execute("update hook set retry = 'none'"); });
  fixture.start({"127.0.0.0/8"}, 1e-9);
  for (int i = 0; i < 8; ++i) fixture.send("deployment", "staging");
  fixture.await_count("delivery where state = 'dead' and attempt_count = 1", 8);
  CHECK(fixture.count("delivery_attempt") == 8);
}

namespace {

/// Refuses the deliveries of these GUIDs with that code, and accepts all others.
struct Picky {
  int code;
  std::mutex mutex = {};
  std::set<std::string> refused = {};
  std::vector<std::string> taken = {};

  http::Response answer(const http::Request& request) {
    const std::lock_guard lock(mutex);
    const std::string guid = header(request, "X-GitHub-Delivery");
    if (refused.contains(guid)) return status(code);
    taken.push_back(guid);
    return status(200);
  }
};

}  // namespace

TEST_CASE("Worker: refused bodies do not open the breaker, and later deliveries follow") {
  for (int code : {400, 413, 422}) {
    CAPTURE(code);
    WorkerFixture fixture;
    Picky picky{code};
    HttpReceiver receiver([&](const http::Request& request) { return picky.answer(request); });
    fixture.hook(receiver.url());
    for (int i = 0; i < 6; ++i) picky.refused.insert(fixture.send("deployment", "staging"));
    std::vector<std::string> behind = {fixture.send("deployment", "staging"),
                                       fixture.send("deployment", "staging")};
    fixture.start();
    fixture.await_count("delivery where state = 'delivered'", 2);
    CHECK(picky.taken == behind);
    CHECK(fixture.count("delivery where state = 'dead' and attempt_count = 3") == 6);
    CHECK(fixture.count("delivery_attempt") == 6 * 3 + 2);
    CHECK(fixture.count("hook where failure_count = 0 and probe_at is null and active = 1") == 1);
  }
}

TEST_CASE("Worker: a receiver that answers 401 or 404 opens the hook's breaker") {
  for (int code : {401, 404}) {
    CAPTURE(code);
    WorkerFixture fixture;
    HttpReceiver receiver([&](const http::Request&) { return status(code); });
    fixture.hook(receiver.url());
    for (int i = 0; i < 6; ++i) fixture.send("deployment", "staging");
    fixture.start({"127.0.0.0/8"}, 1e-3);
    fixture.await_count("hook where probe_at is not null", 1);
    CHECK(fixture.count("delivery where state = 'dead'") == 0);
    CHECK(fixture.count("delivery where state = 'held'") == 5);
  }
}

TEST_CASE("Worker: a refusal between failures does not change the count of failures") {
  WorkerFixture fixture;
  std::atomic<int> asked = 0;
  HttpReceiver receiver([&](const http::Request&) {
    constexpr int codes[] = {503, 400, 503, 400, 400, 200};
    return status(codes[asked++]);
  });
  fixture.hook(receiver.url());
  fixture.send("deployment", "staging");
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(fixture.count("delivery_attempt") == 6);
}

TEST_CASE("Worker: after probes are refused the next delivery follows, and the breaker closes") {
  WorkerFixture fixture;
  std::atomic<bool> is_back = false;
  Picky picky{422};
  HttpReceiver receiver(
      [&](const http::Request& request) { return is_back ? picky.answer(request) : status(503); });
  fixture.hook(receiver.url());
  picky.refused = {fixture.send("deployment", "staging"), fixture.send("deployment", "staging")};
  const std::string behind = fixture.send("deployment", "staging");
  fixture.start({"127.0.0.0/8"}, 1e-3);
  fixture.await_count("hook where probe_at is not null", 1);
  is_back = true;
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(picky.taken == std::vector{behind});
  CHECK(fixture.count("delivery where state = 'dead'") == 2);
  fixture.await_count("hook where probe_at is null and failure_count = 0", 1);
}

TEST_CASE("Worker: a replayed delivery may be refused as often as a new one") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(400); });
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment", "staging");
  fixture.start();
  fixture.await_count("delivery where state = 'dead'", 1);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::replay_deliveries(tx, hook.id, {}, system_now(), 10);
  });
  fixture.worker->wake();
  fixture.await_count("delivery_attempt", 6);
  fixture.await_count("delivery where state = 'dead' and attempt_count = 3", 1);
}

TEST_CASE("Worker: probes do not count refusals from before a replay") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(400); });
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment", "staging");
  fixture.start({"127.0.0.0/8"}, 1e-3);
  fixture.await_count("delivery where state = 'dead'", 1);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    core::HookHealth health{.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)};
    store::set_hook_health(tx, hook.id, health);
    store::replay_deliveries(tx, hook.id, {}, system_now(), 10);
  });
  fixture.worker->wake();
  fixture.await_count("delivery where state = 'dead'", 1);
  CHECK(fixture.count("delivery_attempt") == 6);
}

TEST_CASE("Worker: Retry-After delays the next attempt") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) {
    return http::Response{.status = 429, .headers = {{"Retry-After", "3600"}}};
  });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-9);
  fixture.send("deployment");
  fixture.await_count("delivery where attempt_count = 1", 1);
  CHECK(fixture.count("delivery where next_attempt_at - created_at > 3599 * 1000000") == 1);
}

TEST_CASE("Worker: Retry-After shortens neither the pause of a delivery nor that of a hook") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) {
    return http::Response{.status = 503, .headers = {{"Retry-After", "1"}}};
  });
  const auto hook = fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1000.0);
  fixture.send("deployment");
  fixture.await_count("delivery where attempt_count = 1", 1);
  CHECK(fixture.count("delivery where next_attempt_at - created_at > 1000 * 1000000") == 1);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::set_hook_health(tx, hook.id,
                           {.failure_count = 4, .failing_since = system_now(), .probe_at = {}});
  });
  fixture.send("status");
  fixture.await_count("hook where failure_count = 5", 1);
  CHECK(fixture.count("hook h join delivery_attempt a on a.hook_id = h.id where "
                      "h.probe_at - a.attempted_at > 10000 * 1000000") == 2);
}

TEST_CASE("Worker: a failing hook that hangs has one send at a time") {
  WorkerFixture fixture;
  HttpReceiver* waiting = nullptr;
  HttpReceiver hanging([&](const http::Request&) {
    waiting->wait_for_release();
    return status(200);
  });
  waiting = &hanging;
  HttpReceiver healthy;
  const auto failing = fixture.hook(hanging.url());
  fixture.hook(healthy.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::set_hook_health(tx, failing.id,
                           {.failure_count = 1, .failing_since = system_now(), .probe_at = {}});
  });
  for (int i = 0; i < 6; ++i) fixture.send("status");
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 6);
  fixture.send("status");
  healthy.await(7);
  hanging.await(1);
  CHECK(hanging.requests().size() == 1);
}

TEST_CASE("Worker: without a secret that unseals nothing is sent to the hook, and others go on") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto sealed = fixture.hook(receiver.url("/sealed"), "secret");
  fixture.hook(receiver.url("/open"));
  test::write(fixture.database(), [&](sql::Writer& tx) {
    tx.execute("update hook set secret_sealed = 'by another key' where id = $1", {sealed.id.value});
  });
  for (int i = 0; i < 3; ++i) fixture.send("status");
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 3);
  fixture.worker.reset();
  for (const http::Request& request : receiver.requests()) CHECK(request.target == "/open");
  CHECK(fixture.count("delivery where state = 'pending'") == 3);
}

TEST_CASE("Worker: a blocked creator's hook holds everything, even redeliveries and pings") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  test::write(fixture.database(),
              [](sql::Writer& tx) { tx.execute("update account set blocked_at = 1"); });
  fixture.send("ping", {}, hook.id);
  fixture.send("deployment");
  CHECK(fixture.count("delivery where state = 'held'") == 1);
  fixture.start();
  fixture.redeliver(hook.id);
  while (fixture.clock_count < 5) {
    fixture.worker->wake();
    std::this_thread::yield();
  }
  CHECK(fixture.count("delivery_attempt") == 0);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    tx.execute("update account set blocked_at = null");
    store::make_due_now(tx, hook.id, system_now());
  });
  fixture.worker->wake();
  fixture.await_count("delivery where state = 'delivered'", 3);
}

TEST_CASE("Worker: an inactive hook holds its events, but receives pings") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  test::write(fixture.database(),
              [](sql::Writer& tx) { tx.execute("update hook set active = 0"); });
  fixture.send("ping", {}, hook.id);
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(header(receiver.await(1).at(0), "X-GitHub-Event") == "ping");
  CHECK(fixture.count("delivery where state = 'pending'") == 1);
}

TEST_CASE("Worker: a superseded deployment names the newer live one, or is skipped") {
  for (const char* wish : {"deliver", "skip"}) {
    CAPTURE(wish);
    WorkerFixture fixture;
    HttpReceiver receiver;
    const auto hook = fixture.hook(receiver.url());
    const auto newer = test::write(fixture.database(), [&](sql::Writer& tx) {
      const auto& s = fixture.sample;
      tx.execute("update hook set when_superseded = $1", {wish});
      const auto old = s.deployment(tx, "production");
      const auto next = s.deployment(tx, "production");
      tx.execute("update deployment set state = 'success' where id = $1", {next.id.value});
      for (const auto& deployment : {old, next}) {
        core::Event event = s.event("deployment", deployment.environment.id, system_now());
        event.deployment_id = deployment.id;
        store::insert_event(tx, event, "{}", s.actor);
      }
      return next.id;
    });
    fixture.start();
    fixture.await_count("delivery where state in ('delivered', 'skipped')", 2);
    const auto requests = receiver.requests();
    if (std::string_view(wish) == "skip") {
      CHECK(fixture.count("delivery where state = 'skipped'") == 1);
      CHECK(fixture.count("delivery_attempt where status_code = 0 and status = 'skipped: "
                          "superseded by deployment " +
                          std::to_string(newer.value) + "'") == 1);
      REQUIRE(requests.size() == 1);
      CHECK(header(requests[0], "X-Esclusa-Superseded-By") == "(absent)");
      fixture.redeliver(hook.id);
      fixture.await_count("delivery where state = 'delivered'", 2);
    } else {
      REQUIRE(requests.size() == 2);
      CHECK(header(requests[0], "X-Esclusa-Superseded-By") == std::to_string(newer.value));
      CHECK(header(requests[1], "X-Esclusa-Superseded-By") == "(absent)");
    }
  }
}
