// How the worker treats hooks that fail, are disabled, or do not want every delivery.
#include <doctest/doctest.h>

#include <algorithm>

#include <set>

#include "core/refusal.h"
#include "store/event_deliveries.h"
#include "store/hook_health.h"
#include "support/captured_log.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using core::DeliveryState;
using test::at;
using test::header;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

namespace {

bool is_healthy(const core::Hook& hook) {
  return !hook.health.probe_at && hook.health.failure_count == 0;
}

}  // namespace

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
  fixture.await([&] { return fixture.get(hook).health.probe_at.has_value(); });
  const std::string late = fixture.send("status");
  fixture.await_deliveries(DeliveryState::held, 20);
  is_back = true;
  fixture.await_deliveries(DeliveryState::delivered, 21);
  fixture.await([&] { return is_healthy(fixture.get(hook)); });
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
  fixture.await_attempts(1);
  CHECK(fixture.deliveries(DeliveryState::pending).at(0).attempt_count == 0);
  const core::HookHealth health = fixture.get(hook).health;
  CHECK(health.failure_count == 8);
  CHECK(health.probe_at > from_micros(0));
}

TEST_CASE("Worker: 410 disables the hook, and its deliveries are kept") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(410); });
  const auto hook = fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment", "staging");
  fixture.await([&] { return !fixture.get(hook).active; });
  CHECK(fixture.deliveries(DeliveryState::held).size() == 1);
  CHECK(test::read(fixture.database(), [](sql::Reader& db) {
          return test::list_audits(db, "hook.disable").size();
        }) == 1);
  fixture.send("deployment", "staging");
  CHECK(fixture.deliveries().size() == 1);
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
  fixture.await([&] { return !fixture.get(hook).active; });
  CHECK(fixture.get(hook).last_response.message.value_or("").contains("five days"));
}

TEST_CASE("Worker: a hook without retries receives each event once") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  fixture.change(hook, [](core::Hook& changed) { changed.retry = core::HookRetry::none; });
  fixture.start({"127.0.0.0/8"}, 1e-9);
  for (int i = 0; i < 8; ++i) fixture.send("deployment", "staging");
  fixture.await_deliveries(DeliveryState::dead, 8);
  CHECK(fixture.attempts().size() == 8);
  CHECK_FALSE(fixture.get(hook).health.probe_at);  // the breaker holds nothing of it
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
    const auto hook = fixture.hook(receiver.url());
    for (int i = 0; i < 6; ++i) picky.refused.insert(fixture.send("deployment", "staging"));
    std::vector<std::string> behind = {fixture.send("deployment", "staging"),
                                       fixture.send("deployment", "staging")};
    fixture.start();
    fixture.await_deliveries(DeliveryState::delivered, 2);
    CHECK(picky.taken == behind);
    for (const auto& dead : fixture.deliveries(DeliveryState::dead)) CHECK(dead.attempt_count == 3);
    CHECK(fixture.deliveries(DeliveryState::dead).size() == 6);
    CHECK(fixture.attempts().size() == 6 * 3 + 2);
    CHECK(is_healthy(fixture.get(hook)));
    CHECK(fixture.get(hook).active);
  }
}

TEST_CASE("Worker: a receiver that answers 401 or 404 opens the hook's breaker") {
  for (int code : {401, 404}) {
    CAPTURE(code);
    WorkerFixture fixture;
    HttpReceiver receiver([&](const http::Request&) { return status(code); });
    const auto hook = fixture.hook(receiver.url());
    for (int i = 0; i < 6; ++i) fixture.send("deployment", "staging");
    fixture.start({"127.0.0.0/8"}, 1e-3);
    fixture.await([&] { return fixture.get(hook).health.probe_at.has_value(); });
    CHECK(fixture.deliveries(DeliveryState::dead).size() == 0);
    CHECK(fixture.deliveries(DeliveryState::held).size() == 5);
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
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(fixture.attempts().size() == 6);
}

TEST_CASE("Worker: after probes are refused the next delivery follows, and the breaker closes") {
  WorkerFixture fixture;
  std::atomic<bool> is_back = false;
  Picky picky{422};
  HttpReceiver receiver(
      [&](const http::Request& request) { return is_back ? picky.answer(request) : status(503); });
  const auto hook = fixture.hook(receiver.url());
  picky.refused = {fixture.send("deployment", "staging"), fixture.send("deployment", "staging")};
  const std::string behind = fixture.send("deployment", "staging");
  fixture.start({"127.0.0.0/8"}, 1e-3);
  fixture.await([&] { return fixture.get(hook).health.probe_at.has_value(); });
  is_back = true;
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(picky.taken == std::vector{behind});
  CHECK(fixture.deliveries(DeliveryState::dead).size() == 2);
  fixture.await([&] { return is_healthy(fixture.get(hook)); });
}

TEST_CASE(
    "Worker: after a probe is refused for good, the next delivery does not wait for a probe") {
  WorkerFixture fixture;
  std::atomic<std::chrono::hours> later{};
  fixture.clock = [&] { return system_now() + later.load(); };
  Picky picky{422};
  HttpReceiver receiver([&](const http::Request& request) { return picky.answer(request); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    core::HookHealth health{.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)};
    store::set_hook_health(tx, hook.id, health);
  });
  picky.refused = {fixture.send("deployment")};
  const std::string behind = fixture.send("deployment");
  fixture.start({"127.0.0.0/8"}, 1.0);
  for (size_t count = 1; count < core::refused_attempts_max; ++count) {
    fixture.await([&] { return fixture.attempts().size() >= count; });
    later = later.load() + std::chrono::hours(24);
    fixture.worker->wake();
  }
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(picky.taken == std::vector{behind});
  CHECK(fixture.deliveries(DeliveryState::dead).size() == 1);
}

TEST_CASE("Worker: a replayed delivery may be refused as often as a new one") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(400); });
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment", "staging");
  fixture.start();
  fixture.await_deliveries(DeliveryState::dead, 1);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::replay_deliveries(tx, hook.id, {}, system_now(), 10);
  });
  fixture.worker->wake();
  fixture.await_attempts(6);
  fixture.await_deliveries(DeliveryState::dead, 1);
  CHECK(fixture.deliveries().at(0).attempt_count == 3);
}

TEST_CASE("Worker: probes do not count refusals from before a replay") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(400); });
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment", "staging");
  fixture.start({"127.0.0.0/8"}, 1e-3);
  fixture.await_deliveries(DeliveryState::dead, 1);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    core::HookHealth health{.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)};
    store::set_hook_health(tx, hook.id, health);
    store::replay_deliveries(tx, hook.id, {}, system_now(), 10);
  });
  fixture.worker->wake();
  fixture.await_deliveries(DeliveryState::dead, 1);
  CHECK(fixture.attempts().size() == 6);
}

TEST_CASE("Worker: Retry-After delays the next attempt") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) {
    return http::Response{.status = 429, .headers = {{"Retry-After", "3600"}}};
  });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-9);
  fixture.send("deployment");
  fixture.await_attempts(1);
  const test::StoredDelivery delivery = fixture.deliveries().at(0);
  CHECK(delivery.attempt_count == 1);
  CHECK(delivery.next_attempt_at - delivery.created_at > std::chrono::seconds(3599));
}

TEST_CASE("Worker: a hook that works again is not asked before its Retry-After is over") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request& request) {
    if (header(request, "X-GitHub-Event") == "status") return http::Response{.status = 200};
    return http::Response{.status = 429, .headers = {{"Retry-After", "3600"}}};
  });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::set_hook_health(tx, hook.id,
                           {.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)});
  });
  fixture.start({"127.0.0.0/8"}, 1e-9);
  fixture.send("deployment");
  fixture.await_attempts(1);
  fixture.send("status");
  fixture.redeliver(hook.id);
  fixture.await([&] { return fixture.get(hook).health.failure_count == 0; });
  const test::StoredDelivery refused = fixture.deliveries().at(0);
  CHECK(refused.next_attempt_at - refused.created_at > std::chrono::seconds(3599));
}

TEST_CASE("Worker: Retry-After shortens neither the pause of a delivery nor that of a hook") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) {
    return http::Response{.status = 503, .headers = {{"Retry-After", "1"}}};
  });
  const auto hook = fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1000.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  const test::StoredDelivery delivery = fixture.deliveries().at(0);
  CHECK(delivery.next_attempt_at - delivery.created_at > std::chrono::seconds(1000));
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::set_hook_health(tx, hook.id,
                           {.failure_count = 4, .failing_since = system_now(), .probe_at = {}});
  });
  fixture.send("status");
  fixture.await([&] { return fixture.get(hook).health.failure_count == 5; });
  CHECK(*fixture.get(hook).health.probe_at - system_now() > std::chrono::seconds(10'000));
}

TEST_CASE("Worker: a failing hook that hangs has one send at a time") {
  WorkerFixture fixture;
  test::HangingReceiver hanging;
  HttpReceiver healthy;
  const auto failing = fixture.hook(hanging.url());
  fixture.hook(healthy.url());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    store::set_hook_health(tx, failing.id,
                           {.failure_count = 1, .failing_since = system_now(), .probe_at = {}});
  });
  for (int i = 0; i < 6; ++i) fixture.send("status");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 6);
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
  fixture.await_deliveries(DeliveryState::delivered, 3);
  fixture.worker.reset();
  for (const http::Request& request : receiver.requests()) CHECK(request.target == "/open");
  CHECK(fixture.deliveries(DeliveryState::pending).size() == 3);
}

TEST_CASE("Worker: a blocked creator's hook holds everything, even redeliveries and pings") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  fixture.block_ada(true);
  fixture.send("ping", {}, hook.id);
  fixture.send("deployment");
  CHECK(fixture.deliveries(DeliveryState::held).size() == 1);
  fixture.start();
  fixture.redeliver(hook.id);
  fixture.await_turn();
  CHECK(fixture.attempts().size() == 0);
  fixture.block_ada(false);
  test::write(fixture.database(),
              [&](sql::Writer& tx) { store::make_due(tx, hook.id, system_now()); });
  fixture.worker->wake();
  fixture.await_deliveries(DeliveryState::delivered, 3);
}

TEST_CASE("Worker: an inactive hook holds its events, but receives pings") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  fixture.change(hook, [](core::Hook& changed) { changed.active = false; });
  fixture.send("ping", {}, hook.id);
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(header(receiver.await(1).at(0), "X-GitHub-Event") == "ping");
  CHECK(fixture.deliveries(DeliveryState::pending).size() == 1);
}

TEST_CASE("Worker: a superseded deployment names the newer live one, or is skipped") {
  for (const auto wish : {core::WhenSuperseded::deliver, core::WhenSuperseded::skip}) {
    CAPTURE(core::to_name(wish));
    WorkerFixture fixture;
    HttpReceiver receiver;
    const auto hook = fixture.hook(receiver.url());
    fixture.change(hook, [&](core::Hook& changed) { changed.when_superseded = wish; });
    const auto newer = test::write(fixture.database(), [&](sql::Writer& tx) {
      const auto& s = fixture.sample;
      const auto old = s.deployment(tx, "production");
      const auto next = s.deployment(tx, "production");
      s.status(tx, next, core::DeploymentState::success);
      for (const auto& deployment : {old, next}) {
        core::Event event = s.event("deployment", deployment.environment.id, system_now());
        event.deployment_id = deployment.id;
        store::insert_event(tx, event, "{}", s.actor);
      }
      return next.id;
    });
    fixture.start();
    fixture.await([&] { return fixture.deliveries(DeliveryState::pending).empty(); });
    const auto requests = receiver.requests();
    if (wish == core::WhenSuperseded::skip) {
      CHECK(fixture.deliveries(DeliveryState::skipped).size() == 1);
      const test::StoredAttempt skipped = fixture.attempts().at(0);
      CHECK(skipped.status_code == 0);
      CHECK(skipped.status == "skipped: superseded by deployment " + std::to_string(newer.value));
      REQUIRE(requests.size() == 1);
      CHECK(header(requests[0], "X-Esclusa-Superseded-By") == "(absent)");
      fixture.redeliver(hook.id);
      fixture.await_deliveries(DeliveryState::delivered, 2);
    } else {
      REQUIRE(requests.size() == 2);
      CHECK(header(requests[0], "X-Esclusa-Superseded-By") == std::to_string(newer.value));
      CHECK(header(requests[1], "X-Esclusa-Superseded-By") == "(absent)");
    }
  }
}

TEST_CASE("Worker: a superseded deployment that was skipped is sent when it is replayed") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.change(hook,
                 [](core::Hook& changed) { changed.when_superseded = core::WhenSuperseded::skip; });
  test::write(fixture.database(), [&](sql::Writer& tx) {
    const auto& s = fixture.sample;
    const auto old = s.deployment(tx, "production");
    s.status(tx, s.deployment(tx, "production"), core::DeploymentState::success);
    core::Event event = s.event("deployment", old.environment.id, system_now());
    event.deployment_id = old.id;
    store::insert_event(tx, event, "{}", s.actor);
  });
  fixture.start();
  fixture.await_deliveries(DeliveryState::skipped, 1);
  CHECK(receiver.requests().empty());
  test::write(fixture.database(), [&](sql::Writer& tx) {
    CHECK(store::replay_deliveries(tx, hook.id, {}, system_now(), 10).count == 1);
  });
  fixture.worker->wake();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("Worker: the log warns of each failed attempt, and of what becomes of the hook") {
  WorkerFixture fixture;
  std::atomic<int> answer = 500;
  HttpReceiver receiver([&](const http::Request&) { return status(answer); });
  const auto hook = fixture.hook(receiver.url() + "?key=hidden", "hidden");
  const std::string log = test::captured_log([&] {
    fixture.start();
    fixture.send("deployment", "staging");
    fixture.await([&] { return fixture.get(hook).health.probe_at.has_value(); });
    answer = 200;
    fixture.await_deliveries(DeliveryState::delivered, 1);
    fixture.await([&] { return !fixture.get(hook).health.probe_at; });
    answer = 410;
    fixture.send("status");
    fixture.await([&] { return !fixture.get(hook).active; });
    fixture.worker.reset();
  });
  const std::string id = ",\"hook_id\":\"" + std::to_string(hook.id.value) + "\"";
  const auto count = [&](const std::string& text) {
    size_t found = 0;
    for (size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++found;
    return found;
  };
  const std::string warning = R"("level":"warning","message":")";
  const auto failed = std::ranges::count_if(
      fixture.attempts(), [](const auto& attempt) { return attempt.status_code >= 400; });
  CHECK(count(warning + "a delivery failed\"") == static_cast<size_t>(failed));
  CHECK(count(warning + "a webhook fails again and again: its deliveries wait\"" + id) == 1);
  CHECK(count(R"("level":"info","message":"a webhook works again")" + id) == 1);
  CHECK(count(warning + "a webhook is switched off: the receiver answered 410 Gone\"" + id) == 1);
  CHECK(count(R"("level":"info","message":"delivery")") == 1);
  CHECK_FALSE(log.contains("hidden"));
}
