#include "store/figures.h"

#include <doctest/doctest.h>

#include <set>

#include "store/deployment_statuses.h"
#include "support/database_fixture.h"
#include "support/plans.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using store::EnvironmentKind;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

core::Deployment deployment(sql::Writer& tx, const Sample& s, EnvironmentKind kind,
                            core::DeploymentPhase phase = core::DeploymentPhase::released) {
  core::Deployment made = s.deployment(tx, "some");
  made.production_environment = kind == EnvironmentKind::production;
  made.transient_environment = kind == EnvironmentKind::transient;
  made.phase = phase;
  made.created_at = at(5);
  made.id = store::insert_deployment(tx, made, s.actor);
  return made;
}

std::string text_of(const store::StateCounts& counts) {
  std::string text;
  for (const auto& [place, count] : counts) {
    text += place.first + "/" +
            store::environment_kind_names.at(static_cast<size_t>(place.second)) + " " +
            std::to_string(count) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("figures: what was added behind the last look is counted once, by state and kind") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.status(tx, s.deployment(tx, "before"), DeploymentState::success);
      store::Counted counted = store::latest_counted(tx);
      CHECK(store::count_added(tx, counted).statuses.empty());

      const auto production = deployment(tx, s, EnvironmentKind::production);
      const auto transient = deployment(tx, s, EnvironmentKind::transient);
      s.status(tx, production, DeploymentState::in_progress);
      s.status(tx, production, DeploymentState::success);
      s.status(tx, transient, DeploymentState::success);
      auto added = store::count_added(tx, counted);
      // `deployment` makes one more each time, of no kind.
      CHECK(added.deployments[EnvironmentKind::production] == 1);
      CHECK(added.deployments[EnvironmentKind::transient] == 1);
      CHECK(added.deployments[EnvironmentKind::other] == 2);
      CHECK(text_of(added.statuses) ==
            "in_progress/production 1\nsuccess/production 1\nsuccess/transient 1\n");
      CHECK_FALSE(added.has_more);
      CHECK(store::count_added(tx, counted).deployments.empty());
    });
  });
}

TEST_CASE("figures: what has not ended is counted by state and kind, and the rest is not") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      for (const auto state :
           {DeploymentState::queued, DeploymentState::queued, DeploymentState::in_progress,
            DeploymentState::success, DeploymentState::failure, DeploymentState::inactive}) {
        s.status(tx, s.deployment(tx, "staging"), state);
      }
      s.status(tx, deployment(tx, s, EnvironmentKind::production), DeploymentState::pending);
      auto held = deployment(tx, s, EnvironmentKind::other, core::DeploymentPhase::held);
      s.status(tx, held, DeploymentState::waiting);
      const auto live = store::read_live_figures(tx, at(100));
      // Two have no status: those that `deployment` made before.
      CHECK(text_of(live.unfinished) ==
            "in_progress/other 1\nnone/other 2\npending/production 1\nqueued/other 2\n"
            "waiting/other 1\n");
    });
  });
}

TEST_CASE("figures: pending and held deliveries with the age of the oldest") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      auto live = store::read_live_figures(tx, at(100));
      CHECK(live.pending_deliveries.count == 0);
      CHECK_FALSE(live.pending_deliveries.oldest);
      const auto hook = s.hook(tx, {"*"}, "http://example.com", "");
      for (const int64_t time : {7, 8, 9}) {
        store::insert_event(tx, s.event("deployment", {}, at(time)), "{}", s.actor);
      }
      live = store::read_live_figures(tx, at(100));
      CHECK(live.pending_deliveries.count == 3);
      CHECK(live.pending_deliveries.oldest == at(7));
      CHECK(live.held_deliveries.count == 0);
      tx.execute("update delivery set state = 'held' where id = (select min(id) from delivery)");
      tx.execute("update hook set probe_at = 1 where id = $1", {hook.id.value});
      live = store::read_live_figures(tx, at(100));
      CHECK(live.pending_deliveries.count == 2);
      CHECK(live.pending_deliveries.oldest == at(8));
      CHECK(live.held_deliveries.count == 1);
      CHECK(live.held_deliveries.oldest == at(7));
      CHECK(live.failing_hooks == 1);
    });
  });
}

TEST_CASE("figures: each part is read from an index that has nothing else") {
  test::SqliteStore store;
  test::Plans plans;
  test::ObservedDatabase observed(store.database(), plans.observer());
  test::read(observed, [](sql::Reader& db) {
    store::Counted counted;
    store::count_added(db, counted);
    return store::read_live_figures(db, at(0)).agents.size();
  });
  std::string all;
  for (const auto& [sql, plan] : plans.all()) all += plan;
  for (const char* index : {"deployment_unfinished", "deployment_all_held", "delivery_due",
                            "delivery_by_state", "deployment_claim_by_repository", "hook_probe"}) {
    CAPTURE(index);
    CHECK(all.contains(index));
  }
  // Partial indexes, the hooks, and the tokens of agents are all that is read whole.
  const std::set<std::string> allowed = {
      "SCAN delivery USING INDEX delivery_due", "SCAN deployment USING INDEX deployment_all_held",
      "SCAN deployment_claim USING INDEX deployment_claim_by_repository", "SCAN h", "SCAN t"};
  for (const auto& [sql, plan] : plans.all()) {
    CAPTURE(sql);
    for (const std::string& scan : test::Plans::scans_of(plan)) {
      CAPTURE(scan);
      CHECK(allowed.contains(scan));
    }
  }
}
