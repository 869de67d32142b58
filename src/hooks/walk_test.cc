#include <doctest/doctest.h>

#include "support/cost.h"
#include "support/plans.h"
#include "support/worker_fixture.h"

using namespace esclusa;
using core::DeliveryState;
using test::Cost;
using test::HttpReceiver;
using test::status;
using test::WorkerFixture;

// What a turn of the delivery worker costs, and that none of its statements reads a whole table.

namespace {

bool records(const Trace& trace) { return trace.count_spans("record") > 0; }

/// The cost of the last turn that recorded something; the worker ends before.
Cost cost_of_recording(WorkerFixture& fixture) {
  fixture.worker.reset();
  auto turns = fixture.turns();
  std::erase_if(turns, [](const Trace& trace) { return !records(trace); });
  REQUIRE(!turns.empty());
  return test::cost_of(turns.back());
}

constexpr test::KnownScan known_scans[] = {
    {"order by id desc limit 1", "it reads one row, at the end"},
    {"from redelivery r", "requests that wait are few"},
    {"from hook where probe_at <=", "PostgreSQL prefers it for few hooks", sql::Engine::postgres},
};

}  // namespace

TEST_CASE("walk: a turn of the worker that has nothing to do") {
  WorkerFixture fixture;
  fixture.start();
  fixture.await_turn();
  fixture.await_turn();
  CHECK(test::cost_of(fixture.turns().back()) == Cost{2, 0, 4, 0});
}

TEST_CASE("walk: a turn of the worker that records a delivery") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  fixture.await_deliveries(DeliveryState::delivered, 1);
  fixture.await_turn();
  CHECK(cost_of_recording(fixture) == Cost{2, 1, 8, 0});
}

TEST_CASE("walk: a turn of the worker that records a failure") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  fixture.await_turn();
  CHECK(cost_of_recording(fixture) == Cost{2, 1, 9, 0});
}

TEST_CASE("plans: the delivery worker reads no whole table") {
  WorkerFixture fixture;
  test::Plans plans;
  fixture.observe = plans.observer();
  std::atomic<int> code = 503;
  HttpReceiver receiver([&](const http::Request&) { return status(code); });
  const core::Hook hook = fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1e-4);
  for (int i = 0; i < 9; ++i) fixture.send("deployment", "production");
  fixture.await([&] { return fixture.get(hook).health.probe_at.has_value(); });
  code = 422;  // a probe that is refused
  fixture.await([&] { return !fixture.deliveries(DeliveryState::dead).empty(); });
  code = 200;
  fixture.await_deliveries(DeliveryState::delivered, 8);
  fixture.redeliver(hook.id);
  fixture.await([&] { return fixture.redeliveries().empty(); });
  code = 410;  // the hook is gone
  fixture.send("deployment", "production");
  fixture.await([&] { return !fixture.get(hook).active; });
  fixture.worker.reset();
  const auto engine = test::read(fixture.database(), [](sql::Reader& db) { return db.engine(); });
  CHECK(test::unknown_scans(plans, engine, known_scans) == "");
  CHECK(plans.all().size() > 15);
}
