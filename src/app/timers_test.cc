#include "app/timers.h"

#include <doctest/doctest.h>

#include "app/blocking.h"
#include "support/gate_fixture.h"

using namespace esclusa;
using core::DeploymentPhase;
using core::DeploymentState;
using test::GateFixture;
using test::must;
using namespace std::chrono_literals;

TEST_CASE("release_due: a wait timer opens its gate when the time is over") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto held = app.deploy();
  app.pass(10min - 1us);
  app::release_due(app.context, false);
  CHECK(app.sent() == 0);
  app.pass(1us);
  app::release_due(app.context, false);
  CHECK(app.sent() == 1);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.states() == "waiting\nqueued\n");
  app::release_due(app.context, true);
  CHECK(app.sent() == 1);
}

TEST_CASE("release_due: an open timer does not open the other gates") {
  GateFixture app;
  auto change = app.by_review();
  change.wait_timer = 10;
  app.guard(change);
  const auto held = app.deploy();
  app.pass(1h);
  app::release_due(app.context, false);
  CHECK(app.sent() == 0);
  CHECK(lines_of(app.gates(), &test::StoredGate::state) == "shut\nopen\n");
  CHECK(must(app.review(app.grace, held)).phase == DeploymentPhase::released);
}

TEST_CASE(
    "release_due: an approval does not count while its reviewer is blocked, and counts after") {
  GateFixture app;
  app.guard(app.by_review(false, 2));
  const auto held = app.deploy();
  must(app.review(app.grace, held));
  must(app::block_account(app.context, app.administrator, "grace"));
  CHECK(must(app.review(app.ada, held)).phase == DeploymentPhase::held);
  app::release_due(app.context, true);
  CHECK(app.sent() == 0);
  must(app::unblock_account(app.context, app.administrator, "grace"));
  app::release_due(app.context, false);
  CHECK(app.sent() == 0);  // its gate is not a timer
  app::release_due(app.context, true);
  CHECK(app.sent() == 1);
}

TEST_CASE("release_due: a gate that cannot be read stays shut, and does not stop the others") {
  GateFixture app;
  app.guard(app.by_timer(10));
  const auto unreadable = app.deploy();
  must(app::put_environment(app.context, app.ada, "staging", app.by_timer(10)));
  const auto held = app.deploy("staging");
  test::write(app.context.database, [&](store::Writer& tx) {
    tx.execute("update protection_rule set kind = 'moon_phase' where environment_id = 1");
  });
  app.pass(10min);
  app::release_due(app.context, true);
  CHECK(app.get(unreadable).phase == DeploymentPhase::held);
  CHECK(app.get(held).phase == DeploymentPhase::released);
  CHECK(app.sent() == 1);
}
