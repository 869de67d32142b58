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

/// What the span of that name, and what is in it, has cost.
Cost cost_of_span(const Trace& trace, std::string_view name) {
  Cost cost{};
  std::optional<int> depth;
  for (const Trace::Step& step : trace.steps()) {
    if (depth && step.depth <= *depth) depth.reset();
    if (step.name == name) depth = step.depth;
    if (!depth) continue;
    cost.snapshots += step.name == "snapshot";
    cost.transactions += step.name == "transaction";
    cost.statements += step.counts[static_cast<size_t>(Trace::Count::statement)];
  }
  return cost;
}

/// The turns with a span of that name.
std::vector<Trace> turns_with(WorkerFixture& fixture, std::string_view name) {
  auto turns = fixture.turns();
  std::erase_if(turns, [&](const Trace& trace) { return trace.count_spans(name) == 0; });
  return turns;
}

/// The cost of the last record; the worker ends before.
Cost cost_of_recording(WorkerFixture& fixture) {
  fixture.worker.reset();
  const auto turns = turns_with(fixture, "record");
  REQUIRE(!turns.empty());
  return cost_of_span(turns.back(), "record");
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
  const auto looks = [&] {
    auto turns = turns_with(fixture, "look at all");
    std::erase_if(turns, [](const Trace& trace) { return trace.count_spans("look at new") == 0; });
    return turns;
  };
  while (looks().size() < 2) fixture.await_turn();
  CHECK(test::cost_of(looks().back()) == Cost{1, 0, 7, 0});
}

TEST_CASE("walk: a turn of the worker that records a delivery") {
  WorkerFixture fixture;
  HttpReceiver receiver;
  fixture.hook(receiver.url());
  fixture.start();
  fixture.send("deployment");
  fixture.await_deliveries(DeliveryState::delivered, 1);
  fixture.await_turn();
  CHECK(cost_of_recording(fixture) == Cost{0, 1, 4, 0});
}

TEST_CASE("walk: a turn of the worker that records a failure") {
  WorkerFixture fixture;
  HttpReceiver receiver([](const http::Request&) { return status(500); });
  fixture.hook(receiver.url());
  fixture.start({"127.0.0.0/8"}, 1.0);
  fixture.send("deployment");
  fixture.await_attempts(1);
  fixture.await_turn();
  CHECK(cost_of_recording(fixture) == Cost{0, 1, 5, 0});
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
