#include "hooks/worker.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "store/hook_deliveries.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using core::DeliveryState;
using test::header;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

TEST_CASE("Worker: sends a committed event, signed, and records the response") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) {
    return http::Response{.status = 202, .headers = {{"X-Seen", "yes"}}, .body = "thanks"};
  });
  const auto hook = fixture.hook(receiver.url("/in?a=1"), "secret");
  fixture.start();
  const std::string guid = fixture.send("deployment");
  const auto request = receiver.await(1).at(0);
  CHECK(request.method == "POST");
  CHECK(request.target == "/in?a=1");
  CHECK(request.body == R"({"kind":"deployment"})");
  CHECK(header(request, "X-GitHub-Delivery") == guid);
  CHECK(header(request, "X-GitHub-Event") == "deployment");
  CHECK(header(request, "X-Hub-Signature-256") ==
        "sha256=" + hmac_sha256_hex("secret", request.body));
  fixture.await_deliveries(DeliveryState::delivered, 1);
  REQUIRE(fixture.attempts().size() == 1);
  CHECK(fixture.attempts()[0].status_code == 202);
  const auto record = test::read(fixture.database(), [&](sql::Reader& db) {
    return store::find_hook_delivery(db, hook.id, fixture.attempts()[0].id);
  });
  REQUIRE(record);
  CHECK(record->response_payload == "thanks");
  CHECK(record->response_headers.contains(R"("X-Seen":"yes")"));
  CHECK(record->request_headers.contains(R"("X-GitHub-Delivery":")" + guid));
  CHECK(record->request_headers.contains(R"("webhook-timestamp":")" +
                                         header(request, "webhook-timestamp")));
  CHECK(fixture.last_status(hook.id) == "OK");
  fixture.await_turn();  // which notes what was recorded
  const auto& figures = fixture.worker->figures();
  CHECK(figures.delivered.value() == 1);
  CHECK(figures.failed.value() + figures.dead.value() + figures.skipped.value() == 0);
  CHECK(figures.attempt_time.state().total() == 1);
  CHECK(figures.delivery_time.state().total() == 1);
  CHECK(figures.in_flight == 0);
}

TEST_CASE("Worker: sends nothing from a transaction that was not committed") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start();
  auto refused = fixture.database().write([&](sql::Writer& tx) -> Result<void> {
    store::insert_event(tx, fixture.sample.event("never"), "{}", fixture.sample.actor);
    return fail(ErrorCode::conflict, "no");
  });
  CHECK_FALSE(refused.has_value());
  fixture.worker->wake();
  fixture.send("committed");
  CHECK(header(receiver.await(1).at(0), "X-GitHub-Event") == "committed");
  fixture.await_deliveries(DeliveryState::pending, 0);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("Worker: retries with the same GUID and the same bytes until it succeeds") {
  WorkerFixture fixture;
  std::atomic<int> calls = 0;
  HttpReceiver receiver([&](const http::Request&) { return status(++calls < 4 ? 500 : 200); });
  const auto hook = fixture.hook(receiver.url(), "secret");
  fixture.start();
  const std::string guid = fixture.send("deployment");
  const auto requests = receiver.await(4);
  for (const auto& request : requests) {
    CHECK(header(request, "X-GitHub-Delivery") == guid);
    CHECK(request.body == requests[0].body);
    CHECK(header(request, "X-Hub-Signature-256") == header(requests[0], "X-Hub-Signature-256"));
  }
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(test::lines_of(fixture.attempts(), &test::StoredAttempt::status) ==
        "Invalid HTTP Response: 500\nInvalid HTTP Response: 500\nInvalid HTTP Response: 500\nOK\n");
  CHECK(fixture.last_status(hook.id) == "OK");
  CHECK(receiver.requests().size() == 4);
}

TEST_CASE("Worker: gives up when no retry is left, and continues with the next event") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request& request) {
    return status(header(request, "X-GitHub-Event") == "poison" ? 500 : 200);
  });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-9);
  fixture.send("poison", "staging");
  fixture.send("good", "staging");
  fixture.await_deliveries(DeliveryState::delivered, 1);
  REQUIRE(fixture.deliveries(DeliveryState::dead).size() == 1);
  CHECK(fixture.deliveries(DeliveryState::dead)[0].attempt_count == core::delivery_attempts_max);
  const auto requests = receiver.requests();
  CHECK(requests.size() == core::delivery_attempts_max + 1);
  CHECK(header(requests.back(), "X-GitHub-Event") == "good");
  fixture.await_turn();
  const auto& figures = fixture.worker->figures();
  CHECK(figures.failed.value() == core::delivery_attempts_max);
  CHECK(figures.dead.value() == 1);
  CHECK(figures.delivered.value() == 1);
}

TEST_CASE("Worker: keeps the order within an environment, even through retries") {
  WorkerFixture fixture;
  std::atomic<int> calls = 0;
  HttpReceiver receiver([&](const http::Request&) { return status(++calls % 2 == 1 ? 503 : 200); });
  fixture.hook(receiver.url());
  for (const char* kind : {"a", "b", "c"}) fixture.send(kind, "staging");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 3);
  std::string order;
  for (const auto& request : receiver.requests()) order += header(request, "X-GitHub-Event");
  CHECK(order == "aabbcc");
}

TEST_CASE("Worker: never connects to an address that is not allowed, and records that") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.start({"10.0.0.0/8"}, 1000.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  CHECK(fixture.last_status(hook.id) == "address not allowed by webhooks.allow");
  CHECK(fixture.deliveries(DeliveryState::pending).at(0).attempt_count == 1);
  fixture.worker.reset();
  CHECK(receiver.requests().empty());
}

TEST_CASE("Worker: refuses a name that resolves to an address that is not allowed") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  std::string url = receiver.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const auto hook = fixture.hook(url);
  fixture.start({}, 1000.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  CHECK(fixture.last_status(hook.id) == "address not allowed by webhooks.allow");
  fixture.worker.reset();
  CHECK(receiver.requests().empty());
}

TEST_CASE("Worker: does not follow a redirect") {
  WorkerFixture fixture;
  HttpReceiver elsewhere;
  HttpReceiver receiver([&](const http::Request&) {
    return http::Response{.status = 302, .headers = {{"Location", elsewhere.url()}}};
  });
  const auto hook = fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1000.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  CHECK(fixture.last_status(hook.id) == "Invalid HTTP Response: 302");
  fixture.worker.reset();
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("Worker: a hook that never answers, with many deliveries, does not stop another") {
  WorkerFixture fixture;
  test::HangingReceiver dead;
  HttpReceiver alive;
  const auto dead_hook = fixture.hook(dead.url());
  // More than the worker claims at once; pushes do not wait for each other.
  for (size_t i = 0; i < 2 * limits::delivery_concurrency; ++i) fixture.send("push");
  fixture.start();
  dead.await(limits::delivery_hook_concurrency);
  const auto alive_hook = fixture.hook(alive.url());
  fixture.send("ping", {}, alive_hook.id);
  alive.await(1);
  fixture.await([&] {
    return std::ranges::count(fixture.deliveries(DeliveryState::delivered), alive_hook.id,
                              &test::StoredDelivery::hook) == 1;
  });
  // When the other hook was served, no attempt at the dead one had ended, and no more were open.
  CHECK(fixture.last_status(dead_hook.id) == "(none)");
  CHECK(dead.requests().size() == limits::delivery_hook_concurrency);
  dead.release();
  fixture.await_deliveries(DeliveryState::pending, 0);
  CHECK(fixture.deliveries(DeliveryState::delivered).size() ==
        2 * int64_t{limits::delivery_concurrency} + 1);
}

TEST_CASE("Worker: a repository whose hooks all hang leaves sends to another repository") {
  WorkerFixture fixture;
  test::HangingReceiver dead;
  HttpReceiver alive;
  constexpr size_t share = limits::delivery_concurrency / 2;
  for (size_t i = 0; i < limits::hooks_per_event; ++i) fixture.hook(dead.url());
  for (size_t i = 0; i < limits::delivery_hook_concurrency; ++i) fixture.send("push");
  fixture.start();
  dead.await(share);
  test::write(fixture.database(), [&](sql::Writer& tx) {
    const test::Sample other(tx, "other");
    other.hook(tx, {"*"}, alive.url());
    store::insert_event(tx, other.event("push", {}, system_now()), "{}", other.actor);
  });
  fixture.worker->wake();
  alive.await(1);
  CHECK(dead.requests().size() == share);  // none of them has ended
  dead.release();
  fixture.await([&] { return fixture.deliveries(DeliveryState::pending).empty(); });
}

TEST_CASE("Worker: a receiver that refuses connections does not stop another") {
  WorkerFixture fixture;
  std::string closed_url = HttpReceiver().url();
  HttpReceiver alive;
  const auto closed = fixture.hook(closed_url);
  fixture.hook(alive.url());
  fixture.start({"127.0.0.0/8"}, 1000.0);
  fixture.send("deployment", "staging");
  fixture.send("deployment", "staging");
  alive.await(2);
  fixture.await_attempts(3);
  CHECK(fixture.last_status(closed.id) == "failed to connect to host");
  CHECK(fixture.deliveries(DeliveryState::pending).size() == 2);
}

TEST_CASE("Worker: a new worker sends what the old one left") {
  WorkerFixture fixture;
  std::atomic<bool> up = false;
  HttpReceiver receiver([&](const http::Request&) { return status(up ? 200 : 500); });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-4);
  const std::string guid = fixture.send("deployment");
  receiver.await(1);
  fixture.worker.reset();
  REQUIRE(fixture.deliveries(DeliveryState::pending).size() == 1);
  const size_t before = receiver.requests().size();
  up = true;
  fixture.start();
  CHECK(header(receiver.await(before + 1).back(), "X-GitHub-Delivery") == guid);
  fixture.await_deliveries(DeliveryState::delivered, 1);
}

TEST_CASE("Worker: a clock that was set back does not delay retries of an earlier worker") {
  WorkerFixture fixture;
  std::atomic<bool> up = false;
  HttpReceiver receiver([&](const http::Request&) { return status(up ? 200 : 500); });
  fixture.hook(receiver.url());
  fixture.clock = [] { return system_now() + std::chrono::years(10); };
  fixture.start({"127.0.0.0/8"}, 1e-4);
  fixture.send("deployment");
  receiver.await(1);
  fixture.worker.reset();
  fixture.clock = system_now;
  up = true;
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 1);
}

TEST_CASE("Worker: sends events from before its start without a wake-up") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.send("deployment");
  fixture.start();
  receiver.await(1);
}

TEST_CASE("Worker: lets sends in flight finish, and records them, before it ends") {
  WorkerFixture fixture;
  test::HangingReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  receiver.await(1);
  std::jthread ending([&] { fixture.worker.reset(); });
  receiver.release();
  ending.join();
  CHECK(fixture.deliveries(DeliveryState::delivered).size() == 1);
}

TEST_CASE("Worker: a deleted hook receives nothing any more") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto gone = fixture.hook(receiver.url("/gone"));
  fixture.hook(receiver.url("/kept"));
  fixture.send("deployment");
  test::write(fixture.database(),
              [&](sql::Writer& tx) { store::delete_hook(tx, gone.id, system_now()); });
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  const auto requests = receiver.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target == "/kept");
}

TEST_CASE(
    "Worker: a secret that cannot be unsealed holds deliveries, and does not end the server") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url(), "secret");
  auto set_sealed = [&](const std::string& sealed) {
    test::write(fixture.database(), [&](sql::Writer& tx) {
      tx.execute("update hook set secret_sealed = $1", {sealed});
    });
  };
  const std::string good = test::read(fixture.database(), test::list_sealed_secrets).at(0).current;
  set_sealed("AAAA" + good.substr(4));
  fixture.send("deployment");
  fixture.start();
  // The worker looks for due deliveries, and after the failure looks again.
  fixture.await_turn();
  CHECK(fixture.attempts().size() == 0);
  set_sealed(good);
  fixture.worker->wake();
  fixture.await_deliveries(DeliveryState::delivered, 1);
}

TEST_CASE("Worker: a redelivery is sent at once with the same GUID and bytes, even of a dead one") {
  WorkerFixture fixture;
  std::atomic<int> answer = 500;
  HttpReceiver receiver([&](const http::Request&) { return status(answer); });
  const auto hook = fixture.hook(receiver.url(), "secret");
  fixture.start({"127.0.0.0/8"}, 1e-9);
  const std::string guid = fixture.send("deployment", "staging");
  fixture.await_deliveries(DeliveryState::dead, 1);
  answer = 200;
  fixture.redeliver(hook.id);
  fixture.await_deliveries(DeliveryState::delivered, 1);
  const auto requests = receiver.requests();
  REQUIRE(requests.size() == core::delivery_attempts_max + 1);
  for (const char* name : {"X-GitHub-Delivery", "X-Hub-Signature-256", "X-Esclusa-Event-Number"}) {
    CHECK(header(requests.back(), name) == header(requests.front(), name));
  }
  CHECK(header(requests.back(), "X-GitHub-Delivery") == guid);
  CHECK(requests.back().body == requests.front().body);
  const auto attempts = fixture.attempts();
  CHECK(attempts.size() == core::delivery_attempts_max + 1);
  CHECK(std::ranges::count(attempts, receiver.url(), &test::StoredAttempt::url) ==
        core::delivery_attempts_max + 1);
  CHECK(std::ranges::count(attempts, true, &test::StoredAttempt::redelivery) == 1);
  CHECK(attempts.back().redelivery);
  CHECK(attempts.back().status == "OK");
  CHECK(fixture.redeliveries().empty());
}

TEST_CASE("Worker: a failed redelivery is not retried; each request makes one attempt") {
  WorkerFixture fixture;
  std::atomic<int> answer = 200;
  HttpReceiver receiver([&](const http::Request&) { return status(answer); });
  const auto hook = fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  fixture.await_deliveries(DeliveryState::delivered, 1);
  answer = 500;
  for (int i = 0; i < 3; ++i) fixture.redeliver(hook.id);
  fixture.await([&] { return fixture.redeliveries().empty(); });
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 4);
  const auto attempts = fixture.attempts();
  CHECK(std::ranges::count_if(attempts, [](const test::StoredAttempt& attempt) {
          return attempt.redelivery && attempt.status_code == 500;
        }) == 3);
  CHECK(fixture.deliveries(DeliveryState::delivered).at(0).attempt_count == 1);
  CHECK(fixture.get(hook).health.failure_count == 0);  // somebody only tried it
}

TEST_CASE("Worker: redeliveries to a hook that never answers do not stop another's") {
  WorkerFixture fixture;
  std::atomic<bool> hangs = false;
  HttpReceiver* waiting = nullptr;
  HttpReceiver dead([&](const http::Request&) {
    if (hangs) waiting->wait_for_release();
    return status(200);
  });
  waiting = &dead;
  HttpReceiver alive;
  const auto dead_hook = fixture.hook(dead.url());
  const int64_t many = 2 * int64_t{limits::delivery_concurrency};
  for (int64_t i = 0; i < many; ++i) fixture.send("push");
  fixture.start();
  fixture.await_deliveries(DeliveryState::delivered, many);
  hangs = true;
  fixture.redeliver(dead_hook.id);
  dead.await(static_cast<size_t>(many) + limits::delivery_hook_concurrency);
  const auto alive_hook = fixture.hook(alive.url());
  fixture.send("ping", {}, alive_hook.id);
  alive.await(1);
  fixture.await_deliveries(DeliveryState::delivered, many + 1);
  fixture.redeliver(alive_hook.id);
  alive.await(2);
  CHECK(fixture.redeliveries().at(0).value <= many);
  dead.release();
  fixture.await([&] { return fixture.redeliveries().empty(); });
}
