#include "app/timers.h"

#include <doctest/doctest.h>

#include "app/blocking.h"
#include "support/cost.h"
#include "support/gate_fixture.h"

using namespace esclusa;
using core::DeploymentPhase;
using core::DeploymentState;
using test::GateFixture;
using test::must;
using namespace std::chrono_literals;

namespace {

/// Adds so many deployments that are held as that one is.
void hold_copies(GateFixture& app, const core::Deployment& held, int count) {
  test::write(app.context.database, [&](store::Writer& tx) {
    const auto columns_of = [&](const std::string& table, const std::string& key) {
      std::string columns;
      const bool is_sqlite = tx.engine() == sql::Engine::sqlite;
      tx.each(is_sqlite ? "select name from pragma_table_info($1) where name <> $2"
                        : "select column_name from information_schema.columns where "
                          "table_schema = current_schema() and table_name = $1 and "
                          "column_name <> $2",
              {table, key},
              [&](const sql::Row& row) { columns += ", " + std::string(row.text(0)); });
      return columns.substr(2);
    };
    const std::string columns = columns_of("deployment", "id");
    tx.execute("insert into deployment (" + columns +
                   ") with recursive n(i) as (select 1 union all select i + 1 from n "
                   "where i < $2) select " +
                   columns + " from deployment, n where id = $1",
               {held.id.value, count});
    const std::string gates = columns_of("deployment_gate", "deployment_id");
    tx.execute("insert into deployment_gate (deployment_id, " + gates + ") select copy, " + gates +
                   " from (select id as copy from deployment where id > $1) as copies, "
                   "deployment_gate where deployment_id = $1",
               {held.id.value});
  });
}

}  // namespace

TEST_CASE("GateTimer: a wait timer opens its gate when the time is over") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto held = app.deploy();
  app.pass(10min - 1us);
  app.timer.look();
  CHECK(app.sent() == 0);
  app.pass(1us);
  app.timer.look();
  CHECK(app.sent() == 1);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.states() == "waiting\nqueued\n");
  app.timer.look_at_all();
  CHECK(app.sent() == 1);
}

TEST_CASE("GateTimer: what waits for a later time costs nothing") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto held = app.deploy();
  const auto cost_of_a_look = [&] {
    Trace trace;
    const Trace::Under under(trace);
    app.timer.look();
    return test::cost_of(trace);
  };
  const test::Cost with_one = cost_of_a_look();
  CHECK(with_one == test::Cost{1, 0, 1, 0});
  hold_copies(app, held, 10'000);
  CHECK(cost_of_a_look() == with_one);
}

TEST_CASE("GateTimer: a look releases a page of what is due, the next look the next one") {
  GateFixture app;
  app.guard(app.by_timer(10));
  hold_copies(app, app.deploy(), 700);
  app.pass(10min);
  app.timer.look();
  CHECK(app.sent() == 500);
  app.timer.look();
  CHECK(app.sent() == 701);
}

TEST_CASE("GateTimer: a sweep judges everything, a page at each look") {
  GateFixture app;
  app.guard(app.by_review());
  hold_copies(app, app.deploy(), 700);
  test::write(app.context.database, [](store::Writer& tx) {  // nothing asks for a judgement
    tx.execute("delete from required_reviewer where position >= 0");
    tx.execute("delete from protection_rule where id > 0");
  });
  for (int look = 1; look < 60; ++look) app.timer.look();
  CHECK(app.sent() == 0);
  app.timer.look();
  CHECK(app.sent() == 500);
  app.timer.look();
  CHECK(app.sent() == 701);
}

TEST_CASE("GateTimer: whoever sets the clock back or forward moves the end of no wait") {
  for (const auto step : {std::chrono::hours(-24), std::chrono::hours(24)}) {
    GateFixture app;
    app.guard(app.by_timer(10));
    const auto held = app.deploy();
    app.pass(5min);
    app.now += step;
    app.timer.look();
    app.pass(5min - 1us);
    app.timer.look();
    CHECK(app.sent() == 0);
    app.pass(1us);
    app.timer.look();
    CHECK(app.sent() == 1);
  }
}

TEST_CASE("GateTimer: an open timer does not open the other gates") {
  GateFixture app;
  auto change = app.by_review();
  change.wait_timer = 10;
  app.guard(change);
  const auto held = app.deploy();
  app.pass(1h);
  app.timer.look();
  CHECK(app.sent() == 0);
  CHECK(lines_of(app.gates(), &test::StoredGate::state) == "shut\nopen\n");
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::released);
}

TEST_CASE("GateTimer: an approval does not count while its reviewer is blocked, and counts after") {
  GateFixture app;
  app.guard(app.by_review(false, 2));
  const auto held = app.deploy();
  must(app.review(app.grace, held));
  must(app::block_account(app.context, app.administrator, "grace"));
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
  app.timer.look_at_all();
  CHECK(app.sent() == 0);
  must(app::unblock_account(app.context, app.administrator, "grace"));
  app.timer.look();
  CHECK(app.sent() == 0);  // its gate is not a timer
  app.timer.look_at_all();
  CHECK(app.sent() == 1);
}

TEST_CASE("GateTimer: a gate that cannot be read stays shut, and does not stop the others") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto unreadable = app.deploy();
  must(app::put_environment(app.context, app.ada, "staging", app.by_timer(10)));
  const auto held = app.deploy("staging");
  test::write(app.context.database, [&](store::Writer& tx) {
    tx.execute("update protection_rule set kind = 'moon_phase' where environment_id = 1");
  });
  app.pass(10min);
  app.timer.look_at_all();
  CHECK(app.get(unreadable).phase == DeploymentPhase::held);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
}
