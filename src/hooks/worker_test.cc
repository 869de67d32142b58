#include "hooks/worker.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "store/hook_health.h"
#include "support/database_fixture.h"
#include "support/http_receiver.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::HttpReceiver;
using test::must;

namespace {

/// A store with a repository, and a worker that is started when a test says so.
struct WorkerFixture {
  WorkerFixture()
      : surroundings(
            test::write(database(), [](sql::Connection& tx) { return test::Surroundings(tx); })) {}

  sql::Database& database() { return store.database(); }

  void start(const std::vector<std::string>& allow = {"127.0.0.0/8"}, double retry_scale = 1e-6) {
    worker = std::make_unique<hooks::Worker>(
        database(), test::sealer(),
        [this] {
          ++clock_count;
          return system_now();
        },
        hooks::WorkerSettings{core::DestinationPolicy::parse(allow).value(), retry_scale});
  }

  core::Hook hook(const std::string& url, const std::string& secret = "") {
    return test::write(
        database(), [&](sql::Connection& tx) { return surroundings.hook(tx, {"*"}, url, secret); });
  }
  /// Inserts an event and wakes the worker, as a use case does. Gives its GUID.
  std::string send(const std::string& kind, std::optional<std::string> environment = {},
                   std::optional<HookId> only_hook = {}) {
    std::string guid = test::write(database(), [&](sql::Connection& tx) {
      core::Event event = surroundings.event(kind, {}, system_now());
      if (environment) event.environment_id = surroundings.environment(tx, *environment).id;
      event.only_hook = only_hook;
      store::insert_event(tx, event, "{\"kind\":\"" + kind + "\"}", surroundings.principal);
      return event.guid;
    });
    if (worker) worker->wake();
    return guid;
  }

  /// Asks for one more attempt of every delivery of the hook, as the use case does.
  void redeliver(HookId hook) {
    test::write(database(), [&](sql::Connection& tx) {
      tx.execute(
          "insert into redelivery (delivery_id, created_at) select id, 0 from delivery "
          "where hook_id = $1 order by id",
          {hook.value});
    });
    worker->wake();
  }

  int64_t count(const std::string& from) {
    return test::read(
        database(), [&](sql::Connection& db) { return db.number("select count(*) from " + from); });
  }
  void await_count(const std::string& from, int64_t expected) {
    for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
         count(from) != expected;) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("never " + std::to_string(expected) + ": " + from);
      }
      std::this_thread::yield();
    }
  }
  std::string last_status(HookId hook) {
    return test::read(database(), [&](sql::Connection& db) {
      return db
          .one(
              "select a.status from delivery_attempt a join delivery d on d.id = a.delivery_id "
              "where d.hook_id = $1 order by a.id desc limit 1",
              {hook.value}, [](const sql::Row& row) { return std::string(row.text(0)); })
          .value_or("(none)");
    });
  }

  std::atomic<int> clock_count = 0;  ///< how often the worker asked what time it is
  test::SqliteStore store;
  test::Surroundings surroundings;
  std::unique_ptr<hooks::Worker> worker;
};

std::string header(const http::Request& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(absent)"));
}

http::Response status(int code) { return http::Response{.status = code}; }

}  // namespace

TEST_CASE("Worker: delivers what was committed, signed, and records the answer") {
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
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(fixture.count("delivery_attempt where status_code = 202 and response_body = 'thanks'") ==
        1);
  CHECK(fixture.last_status(hook.id) == "OK");
}

TEST_CASE("Worker: sends nothing of a transaction that was not committed") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start();
  auto refused = fixture.database().write([&](sql::Connection& tx) -> Result<void> {
    store::insert_event(tx, fixture.surroundings.event("never"), "{}",
                        fixture.surroundings.principal);
    return fail(ErrorCode::conflict, "no");
  });
  CHECK_FALSE(refused.has_value());
  fixture.worker->wake();
  fixture.send("committed");
  CHECK(header(receiver.await(1).at(0), "X-GitHub-Event") == "committed");
  fixture.await_count("delivery where state = 'pending'", 0);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("Worker: tries again with the same GUID and the same bytes, until it is taken") {
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
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(fixture.count("delivery_attempt where status = 'Invalid HTTP Response: 500'") == 3);
  CHECK(fixture.count("delivery_attempt") == 4);
  CHECK(fixture.last_status(hook.id) == "OK");
  CHECK(receiver.requests().size() == 4);
}

TEST_CASE("Worker: gives up when the schedule is spent, and goes on with the next event") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request& request) {
    return status(header(request, "X-GitHub-Event") == "poison" ? 500 : 200);
  });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-9);
  fixture.send("poison", "staging");
  fixture.send("good", "staging");
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(fixture.count("delivery where state = 'dead' and attempt_count = " +
                      std::to_string(core::delivery_attempts_max)) == 1);
  const auto requests = receiver.requests();
  CHECK(requests.size() == core::delivery_attempts_max + 1);
  CHECK(header(requests.back(), "X-GitHub-Event") == "good");
}

TEST_CASE("Worker: keeps the order within an environment, also through retries") {
  WorkerFixture fixture;
  std::atomic<int> calls = 0;
  HttpReceiver receiver([&](const http::Request&) { return status(++calls % 2 == 1 ? 503 : 200); });
  fixture.hook(receiver.url());
  for (const char* kind : {"a", "b", "c"}) fixture.send(kind, "staging");
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 3);
  std::string order;
  for (const auto& request : receiver.requests()) order += header(request, "X-GitHub-Event");
  CHECK(order == "aabbcc");
}

TEST_CASE("Worker: an address that is not allowed is never connected to, and that is recorded") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.start({"10.0.0.0/8"}, 1000.0);
  fixture.send("deployment");
  fixture.await_count("delivery_attempt", 1);
  CHECK(fixture.last_status(hook.id) == "address not allowed by webhooks.allow");
  CHECK(fixture.count("delivery where state = 'pending' and attempt_count = 1") == 1);
  fixture.worker.reset();
  CHECK(receiver.requests().empty());
}

TEST_CASE("Worker: a name that resolves to an address that is not allowed is refused as well") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  std::string url = receiver.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const auto hook = fixture.hook(url);
  fixture.start({}, 1000.0);
  fixture.send("deployment");
  fixture.await_count("delivery_attempt", 1);
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
  fixture.await_count("delivery_attempt", 1);
  CHECK(fixture.last_status(hook.id) == "Invalid HTTP Response: 302");
  fixture.worker.reset();
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("Worker: a hook that never answers does not stop another, however much waits for it") {
  WorkerFixture fixture;
  HttpReceiver* waiting = nullptr;
  HttpReceiver dead([&](const http::Request&) {
    waiting->wait_for_release();
    return status(200);
  });
  waiting = &dead;
  HttpReceiver alive;
  const auto dead_hook = fixture.hook(dead.url());
  // More than the worker asks for at once, and none of them waits for another.
  for (size_t i = 0; i < 2 * limits::delivery_concurrency; ++i) fixture.send("push");
  fixture.start();
  dead.await(limits::delivery_hook_concurrency);
  const auto alive_hook = fixture.hook(alive.url());
  fixture.send("ping", {}, alive_hook.id);
  alive.await(1);
  fixture.await_count(
      "delivery where state = 'delivered' and hook_id = " + std::to_string(alive_hook.id.value), 1);
  // No attempt at the dead one was over when the other was served, and no more were open.
  CHECK(fixture.last_status(dead_hook.id) == "(none)");
  CHECK(dead.requests().size() == limits::delivery_hook_concurrency);
  dead.release();
  fixture.await_count("delivery where state = 'pending'", 0);
  CHECK(fixture.count("delivery where state = 'delivered'") ==
        2 * int64_t{limits::delivery_concurrency} + 1);
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
  fixture.await_count("delivery_attempt", 3);
  CHECK(fixture.last_status(closed.id) == "failed to connect to host");
  CHECK(fixture.count("delivery where state = 'pending'") == 2);
}

TEST_CASE("Worker: a new one picks up what the old one left") {
  WorkerFixture fixture;
  std::atomic<bool> up = false;
  HttpReceiver receiver([&](const http::Request&) { return status(up ? 200 : 500); });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-4);
  const std::string guid = fixture.send("deployment");
  receiver.await(1);
  fixture.worker.reset();
  REQUIRE(fixture.count("delivery where state = 'pending'") == 1);
  const size_t before = receiver.requests().size();
  up = true;
  fixture.start();
  CHECK(header(receiver.await(before + 1).back(), "X-GitHub-Delivery") == guid);
  fixture.await_count("delivery where state = 'delivered'", 1);
}

TEST_CASE("Worker: what was sent before it existed is delivered without being woken") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.send("deployment");
  fixture.start();
  receiver.await(1);
}

TEST_CASE("Worker: lets what is in flight finish, and records it, before it ends") {
  WorkerFixture fixture;
  HttpReceiver* waiting = nullptr;
  HttpReceiver receiver([&](const http::Request&) {
    waiting->wait_for_release();
    return status(200);
  });
  waiting = &receiver;
  fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  receiver.await(1);
  std::jthread ending([&] { fixture.worker.reset(); });
  receiver.release();
  ending.join();
  CHECK(fixture.count("delivery where state = 'delivered'") == 1);
}

TEST_CASE("Worker: a hook that was deleted gets nothing any more") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto gone = fixture.hook(receiver.url("/gone"));
  fixture.hook(receiver.url("/kept"));
  fixture.send("deployment");
  test::write(fixture.database(),
              [&](sql::Connection& tx) { store::delete_hook(tx, gone.id, system_now()); });
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 1);
  const auto requests = receiver.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target == "/kept");
}

TEST_CASE(
    "Worker: a secret that does not unseal holds deliveries up, and does not end the server") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url(), "secret");
  auto set_sealed = [&](const std::string& sealed) {
    test::write(fixture.database(), [&](sql::Connection& tx) {
      tx.execute("update hook set secret_sealed = $1", {sealed});
    });
  };
  const std::string good =
      test::read(fixture.database(), [](sql::Connection& db) {
        return db.one("select secret_sealed from hook", {},
                      [](const sql::Row& row) { return std::string(row.text(0)); });
      }).value();
  set_sealed("AAAA" + good.substr(4));
  fixture.send("deployment");
  fixture.start();
  // It looks for what is due, and having failed it looks again.
  while (fixture.clock_count < 3) {
    fixture.worker->wake();
    std::this_thread::yield();
  }
  CHECK(fixture.count("delivery_attempt") == 0);
  set_sealed(good);
  fixture.worker->wake();
  fixture.await_count("delivery where state = 'delivered'", 1);
}

TEST_CASE(
    "Worker: a redelivery is made at once, with the same GUID and bytes, also of what is dead") {
  WorkerFixture fixture;
  std::atomic<int> answer = 500;
  HttpReceiver receiver([&](const http::Request&) { return status(answer); });
  const auto hook = fixture.hook(receiver.url(), "secret");
  fixture.start({"127.0.0.0/8"}, 1e-9);
  const std::string guid = fixture.send("deployment", "staging");
  fixture.await_count("delivery where state = 'dead'", 1);
  answer = 200;
  fixture.redeliver(hook.id);
  fixture.await_count("delivery where state = 'delivered'", 1);
  const auto requests = receiver.requests();
  REQUIRE(requests.size() == core::delivery_attempts_max + 1);
  for (const char* name : {"X-GitHub-Delivery", "X-Hub-Signature-256", "X-Esclusa-Event-Number"}) {
    CHECK(header(requests.back(), name) == header(requests.front(), name));
  }
  CHECK(header(requests.back(), "X-GitHub-Delivery") == guid);
  CHECK(requests.back().body == requests.front().body);
  CHECK(fixture.count("delivery_attempt where redelivery = 1 and status = 'OK'") == 1);
  CHECK(fixture.count("delivery_attempt where url = '" + receiver.url() + "'") ==
        core::delivery_attempts_max + 1);
  CHECK(fixture.count("redelivery") == 0);
}

TEST_CASE("Worker: a redelivery that fails is not repeated, and each request makes one attempt") {
  WorkerFixture fixture;
  std::atomic<int> answer = 200;
  HttpReceiver receiver([&](const http::Request&) { return status(answer); });
  const auto hook = fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  fixture.await_count("delivery where state = 'delivered'", 1);
  answer = 500;
  for (int i = 0; i < 3; ++i) fixture.redeliver(hook.id);
  fixture.await_count("redelivery", 0);
  fixture.worker.reset();
  CHECK(receiver.requests().size() == 4);
  CHECK(fixture.count("delivery_attempt where redelivery = 1 and status_code = 500") == 3);
  CHECK(fixture.count("delivery where state = 'delivered' and attempt_count = 1") == 1);
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
  fixture.await_count("delivery where state = 'delivered'", many);
  hangs = true;
  fixture.redeliver(dead_hook.id);
  dead.await(static_cast<size_t>(many) + limits::delivery_hook_concurrency);
  const auto alive_hook = fixture.hook(alive.url());
  fixture.send("ping", {}, alive_hook.id);
  alive.await(1);
  fixture.await_count("delivery where state = 'delivered'", many + 1);
  fixture.redeliver(alive_hook.id);
  alive.await(2);
  CHECK(fixture.count("redelivery where id <= " + std::to_string(many)) > 0);
  dead.release();
  fixture.await_count("redelivery", 0);
}

TEST_CASE("Worker: when a hook is back, all that waited for it is delivered at once, in order") {
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
  // Its schedule would take hours; a probe comes after a few milliseconds.
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

TEST_CASE("Worker: a probe spends no attempt") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Connection& tx) {
    core::HookHealth health{.failure_count = 7, .failing_since = system_now(), .probe_at = at(0)};
    store::set_hook_health(tx, hook.id, health);
  });
  fixture.send("deployment");
  fixture.start({"127.0.0.0/8"}, 1.0);
  fixture.await_count("delivery_attempt", 1);
  CHECK(fixture.count("delivery where attempt_count = 0 and state = 'pending'") == 1);
  CHECK(fixture.count("hook where failure_count = 8 and probe_at > 0") == 1);
}

TEST_CASE("Worker: 410 disables the hook and loses nothing") {
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
  const auto after = test::read(fixture.database(), [&](sql::Connection& db) {
    return test::found(store::find_hook(db, test::sealer(), hook.target, hook.id));
  });
  CHECK(after.last_response.message == "the receiver answered 410 Gone");
}

TEST_CASE("Worker: a hook that has failed for five days is disabled") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(), [&](sql::Connection& tx) {
    const Timestamp since = system_now() - std::chrono::hours(121);
    store::set_hook_health(tx, hook.id, {.failure_count = 1, .failing_since = since});
  });
  fixture.start();
  fixture.send("deployment");
  fixture.await_count("hook where active = 0 and last_message like '%five days%'", 1);
}

TEST_CASE("Worker: a hook without retries is sent each event once") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  const auto hook = fixture.hook(receiver.url());
  test::write(fixture.database(),
              [&](sql::Connection& tx) { tx.execute("update hook set retry = 'none'"); });
  fixture.start({"127.0.0.0/8"}, 1e-9);
  for (int i = 0; i < 8; ++i) fixture.send("deployment", "staging");
  fixture.await_count("delivery where state = 'dead' and attempt_count = 1", 8);
  CHECK(fixture.count("delivery_attempt") == 8);
}

TEST_CASE("Worker: Retry-After puts the next attempt off") {
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

TEST_CASE("Worker: a blocked creator's hook holds everything, redeliveries and pings as well") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  test::write(fixture.database(),
              [](sql::Connection& tx) { tx.execute("update account set blocked_at = 1"); });
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
  test::write(fixture.database(), [&](sql::Connection& tx) {
    tx.execute("update account set blocked_at = null");
    store::make_due_now(tx, hook.id, system_now());
  });
  fixture.worker->wake();
  fixture.await_count("delivery where state = 'delivered'", 3);
}

TEST_CASE("Worker: an inactive hook holds its events, but is pinged") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  const auto hook = fixture.hook(receiver.url());
  fixture.send("deployment");
  test::write(fixture.database(),
              [](sql::Connection& tx) { tx.execute("update hook set active = 0"); });
  fixture.send("ping", {}, hook.id);
  fixture.start();
  fixture.await_count("delivery where state = 'delivered'", 1);
  CHECK(header(receiver.await(1).at(0), "X-GitHub-Event") == "ping");
  CHECK(fixture.count("delivery where state = 'pending'") == 1);
}

TEST_CASE("Worker: a late deployment says which newer one is live, or is skipped") {
  for (const char* wish : {"deliver", "skip"}) {
    CAPTURE(wish);
    WorkerFixture fixture;
    HttpReceiver receiver;
    const auto hook = fixture.hook(receiver.url());
    const auto newer = test::write(fixture.database(), [&](sql::Connection& tx) {
      const auto& s = fixture.surroundings;
      tx.execute("update hook set when_superseded = $1", {wish});
      const auto old = s.deployment(tx, "production");
      const auto next = s.deployment(tx, "production");
      tx.execute("update deployment set state = 'success' where id = $1", {next.id.value});
      for (const auto& deployment : {old, next}) {
        core::Event event = s.event("deployment", deployment.environment.id, system_now());
        event.deployment_id = deployment.id;
        store::insert_event(tx, event, "{}", s.principal);
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
