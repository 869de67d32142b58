#include "hooks/lanes.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "base/limits.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using core::DeliveryState;
using hooks::Lanes;
using store::DeliveryLane;
using test::header;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

TEST_CASE("Lanes: each once, in the order in which they came") {
  Lanes lanes;
  const DeliveryLane pings{{1}, 0}, staging{{1}, 7};
  CHECK(lanes.add(staging));
  CHECK(lanes.add(pings));
  CHECK(lanes.add(staging));
  CHECK(lanes.take({1}) == staging);
  CHECK(lanes.add(staging));  // it is worth another look
  CHECK(lanes.take({1}) == pings);
  CHECK(lanes.take({1}) == staging);
  CHECK_FALSE(lanes.has({1}));
  CHECK(lanes.hooks().empty());
}

TEST_CASE("Lanes: hooks take turns, and none has more than its share") {
  Lanes lanes;
  for (int64_t hook : {1, 2, 3}) CHECK(lanes.add({{hook}, 7}));
  CHECK(lanes.hooks() == std::vector<HookId>{{1}, {2}, {3}});
  CHECK(lanes.hooks() == std::vector<HookId>{{2}, {3}, {1}});
  for (int64_t i = 1; i < int64_t{Lanes::of_hook_max}; ++i) CHECK(lanes.add({{1}, 100 + i}));
  CHECK_FALSE(lanes.has_room({1}));
  CHECK_FALSE(lanes.add({{1}, 5000}));
  CHECK(lanes.add({{1}, 101}));  // it is there already
  CHECK(lanes.add({{2}, 5000}));
}

TEST_CASE("Lanes: what is set aside counts, and cannot be taken before it is brought back") {
  Lanes lanes;
  for (int64_t i = 1; i <= int64_t{Lanes::of_hook_max}; ++i) CHECK(lanes.add({{1}, i}));
  for (size_t i = 0; i < Lanes::of_hook_max; ++i) lanes.set_aside(lanes.take({1}), {8});
  CHECK(lanes.hooks().empty());
  CHECK(lanes.add({{1}, 7}));  // it is there
  CHECK_FALSE(lanes.has({1}));
  CHECK_FALSE(lanes.add({{1}, 5000}));
  CHECK(lanes.repositories() == std::vector<RepositoryId>{{8}});
  lanes.bring_back({9}, 1);
  CHECK_FALSE(lanes.has({1}));
  lanes.bring_back({8}, 2);
  CHECK(lanes.take({1}) == DeliveryLane{{1}, 1});
  CHECK(lanes.take({1}) == DeliveryLane{{1}, 2});
  CHECK_FALSE(lanes.has({1}));
  CHECK(lanes.add({{1}, 5000}));
  lanes.bring_back({8}, Lanes::max);
  CHECK(lanes.repositories().empty());
  CHECK(lanes.take({1}) == DeliveryLane{{1}, 5000});
  CHECK(lanes.take({1}) == DeliveryLane{{1}, 3});
}

TEST_CASE("Worker: what is replayed while it is in flight is looked at again after it") {
  WorkerFixture fixture;
  test::HangingReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1000.0);
  fixture.send("deployment", "staging");
  receiver.await(1);
  // As a replay of a delivery that had ended does: it is due once more, also when it fails now.
  fixture.redeliver(fixture.deliveries().at(0).hook);
  fixture.await_turn();
  CHECK(receiver.requests().size() == 1);
  receiver.release();
  receiver.await(2);
  fixture.await([&] { return fixture.redeliveries().empty(); });
  CHECK(fixture.deliveries(DeliveryState::delivered).size() == 1);
}

TEST_CASE("Worker: many environments of a repository whose sends all hang are looked at once") {
  WorkerFixture fixture;
  test::HangingReceiver dead;
  HttpReceiver alive;
  std::atomic<int> looks = 0;
  fixture.observe = [&](auto&&, std::string_view sql, auto&&) {
    looks += sql.contains("join event_body") ? 1 : 0;
  };
  constexpr size_t share = limits::delivery_concurrency / 2;
  for (size_t i = 0; i < share / limits::delivery_hook_concurrency; ++i) fixture.hook(dead.url());
  for (int i = 0; i < 4; ++i) fixture.send("push");
  fixture.start();
  dead.await(share);
  const core::Hook waiting = fixture.hook(alive.url("/waiting"));
  constexpr int environments = 20;
  for (int i = 0; i < environments; ++i) {
    fixture.send("deployment", "environment-" + std::to_string(i), waiting.id);
  }
  fixture.send("push", {}, waiting.id);
  fixture.await_turn();
  const int before = looks;
  test::write(fixture.database(), [&](sql::Writer& tx) {
    const test::Sample other(tx, "other");
    other.hook(tx, {"*"}, alive.url("/other"));
    store::insert_event(tx, other.event("push", {}, system_now()), "{}", other.actor);
  });
  fixture.await_turn();
  REQUIRE(alive.await(1).at(0).target == "/other");
  fixture.await_deliveries(DeliveryState::delivered, 1);
  CHECK(looks - before < environments);
  dead.release();
  fixture.await([&] { return fixture.deliveries(DeliveryState::pending).empty(); });
  CHECK(alive.requests().size() == environments + 2);
}

TEST_CASE(
    "Worker: a hook with more lanes than are remembered hides no other hook, and none is lost") {
  WorkerFixture fixture;
  test::HangingReceiver dead;
  HttpReceiver alive;
  const core::Hook many = fixture.hook(dead.url());
  constexpr size_t environments = Lanes::of_hook_max + 20;
  test::write(fixture.database(), [&](sql::Writer& tx) {
    for (size_t i = 0; i < environments; ++i) {
      const auto environment = fixture.sample.environment(tx, "environment-" + std::to_string(i));
      const auto event = fixture.sample.event("deployment", environment.id, system_now());
      store::insert_event(tx, event, "{}", fixture.sample.actor);
    }
  });
  const core::Hook other = fixture.hook(alive.url());
  fixture.send("ping", {}, other.id);
  fixture.start();
  alive.await(1);
  CHECK(fixture.last_status(many.id) == "(none)");
  dead.release();
  fixture.await([&] {
    return test::read(fixture.database(), [](sql::Reader& db) {
      return db.number("select count(*) from delivery where state <> 'delivered'") == 0;
    });
  });
  fixture.worker.reset();
  CHECK(dead.requests().size() == environments);
}

TEST_CASE("Worker: what is held or released while another is in flight is judged when it is sent") {
  WorkerFixture fixture;
  test::HangingReceiver receiver;
  const core::Hook hook = fixture.hook(receiver.url());
  fixture.start();
  fixture.send("first", "staging");
  fixture.send("second", "staging");
  receiver.await(1);
  test::write(fixture.database(), [&](sql::Writer& tx) { store::hold_deliveries(tx, hook.id); });
  fixture.worker->wake();
  receiver.release();
  fixture.await_deliveries(DeliveryState::delivered, 1);
  fixture.await_turn();
  CHECK(receiver.requests().size() == 1);
  CHECK(fixture.deliveries(DeliveryState::held).size() == 1);
  test::write(fixture.database(),
              [&](sql::Writer& tx) { store::make_due(tx, hook.id, system_now()); });
  fixture.worker->wake();
  fixture.await_deliveries(DeliveryState::delivered, 2);
}

TEST_CASE(
    "Worker: order and loss under random ends of the worker, failures and writes that throw") {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    WorkerFixture fixture;
    std::atomic<uint32_t> calls = 0;
    HttpReceiver receiver([&](const http::Request&) {
      return status((++calls * 2'654'435'761U >> 16) % 5 == 0 ? 500 : 200);
    });
    for (const char* path : {"/a", "/b", "/c"}) fixture.hook(receiver.url(path));
    std::atomic<uint32_t> writes = 0;
    fixture.faulty.after_write = [&](sql::Writer&) {
      if (++writes % 11 == 0) throw std::runtime_error("an unreadable row");
    };
    constexpr size_t events = 40;
    fixture.start();
    for (size_t sent = 0; sent < events; ++sent) {
      fixture.send("event", "environment-" + std::to_string(random() % 4));
      if (random() % 8 == 0) fixture.worker.reset();
      if (!fixture.worker) fixture.start();
    }
    fixture.await_deliveries(DeliveryState::delivered, 3 * events);
    fixture.worker.reset();
    // Within a hook and an environment the first arrivals have the order of the events.
    std::map<std::string, int64_t> latest;
    std::set<std::string> seen;
    const auto order = test::read(fixture.database(), [](sql::Reader& db) {
      std::map<std::string, std::pair<int64_t, int64_t>> found;
      db.each("select guid, id, environment_id from event", {}, [&](const sql::Row& row) {
        found[std::string(row.text(0))] = {row.integer(1), row.integer(2)};
      });
      return found;
    });
    for (const auto& request : receiver.requests()) {
      const std::string guid = header(request, "X-GitHub-Delivery");
      if (!seen.insert(request.target + guid).second) continue;
      const auto [id, environment] = order.at(guid);
      int64_t& before = latest[request.target + std::to_string(environment)];
      CHECK(before < id);
      before = id;
    }
    CHECK(seen.size() == 3 * events);
  }
}
