// Pruning finds its rows by indexes, and a step costs the same however much is kept.

#include <doctest/doctest.h>

#include "store/retention.h"
#include "support/database_fixture.h"
#include "support/plans.h"
#include "support/sqlite_steps.h"
#include "support/store_rows.h"

using namespace esclusa;
using store::PruneList;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

constexpr test::KnownScan known_scans[] = {
    {"from repository r join deployment d", "repositories are few, and it is asked for a commit",
     sql::Engine::sqlite},
    {"d.event_id = b.event_id",
     "PostgreSQL prefers the index of what is not delivered, which is short",
     sql::Engine::postgres},
};

store::PruneRule rule(PruneList list) { return {list, at(1000), at(5000), 10}; }

}  // namespace

TEST_CASE("pruning: no statement reads a whole table") {
  for_each_engine([](sql::Database& db) {
    test::Plans plans;
    test::ObservedDatabase observed(db, plans.observer());
    for (size_t i = 0; i < store::prune_list_count; ++i) {
      const auto list = static_cast<PruneList>(i);
      test::must(observed.read([&](sql::Reader& rows) {
        store::find_prunable(rows, rule(list), 0);
        store::list_unkept_commits(rows, {}, 10);
        // PostgreSQL reads the repositories or not, by what it remembers of earlier tests.
        if (db.engine() == sql::Engine::sqlite) store::is_deployed(rows, "/srv/git/a.git", "a");
      }));
      test::must(observed.write([&](sql::Writer& rows) { store::prune(rows, rule(list), 1); }));
    }
    test::write(db, [&](sql::Writer& tx) {
      const Sample s(tx);
      const auto made = s.deployment(tx, "production");
      s.status(tx, made, core::DeploymentState::failure);
      s.deployment(tx, "production");  // the latest one stays
    });
    test::must(observed.write([&](sql::Writer& rows) {
      CHECK(store::prune(rows, rule(PruneList::deployments), 1).rows > 0);
    }));
    CHECK(plans.all().size() > 2 * store::prune_list_count);
    CHECK(test::unknown_scans(plans, db.engine(), known_scans) == "");
  });
}

TEST_CASE("pruning: a step costs the same however much is kept") {
  const test::SqliteSteps steps;
  const auto cost = [&](int young) {
    test::SqliteStore store;
    test::write(store.database(), [&](sql::Writer& tx) {
      const Sample s(tx);
      for (int i = 0; i < 10; ++i) store::insert_event(tx, s.event("status"), "{}", s.actor);
      for (int i = 0; i < young; ++i) {
        store::insert_event(tx, s.event("status", {}, at(2000)), "{}", s.actor);
      }
    });
    return steps.of([&] {
      const auto page = test::read(store.database(), [](sql::Reader& db) {
        return store::find_prunable(db, rule(PruneList::event_bodies), 0);
      });
      CHECK(page.ids.size() == 10);
      CHECK(page.is_end);
      test::write(store.database(), [&](sql::Writer& tx) {
        for (const int64_t id : page.ids) store::prune(tx, rule(PruneList::event_bodies), id);
      });
    });
  };
  CHECK(cost(4000) == cost(1000));
}

TEST_CASE("pruning: whether a deployment may go costs the same however long the history is") {
  const test::SqliteSteps steps;
  const auto cost = [&](int later) {
    test::SqliteStore store;
    test::write(store.database(), [&](sql::Writer& tx) {
      const Sample s(tx);
      const auto first = s.deployment(tx, "production");
      s.status(tx, first, core::DeploymentState::success);
      for (int i = 0; i < later; ++i) {
        s.status(tx, s.deployment(tx, "production"), core::DeploymentState::success);
      }
    });
    return steps.of([&] {
      test::write(store.database(), [&](sql::Writer& tx) {
        CHECK(store::prune(tx, rule(PruneList::deployments), 1).rows > 0);
      });
    });
  };
  CHECK(cost(2000) == cost(500));
}
