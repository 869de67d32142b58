#include "store/restoration.h"

#include <doctest/doctest.h>

#include "store/event_bodies.h"
#include "store/events.h"
#include "store/repositories.h"
#include "store/schema.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

TEST_CASE("restoration: what a database holds, and what is set aside in it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      CHECK(store::newest_migration(tx) == store::migrations().back().name);
      CHECK_FALSE(store::find_contents(tx).newest_event_at.has_value());
      sample.hook(tx);
      sample.deployment(tx, "production");
      store::insert_event(tx, sample.event("deployment", {}, at(7)), "{}", sample.actor);
      store::insert_event(tx, sample.event("deployment", {}, at(8)), "{}", sample.actor);
      tx.execute("update delivery set state = 'held' where id = (select max(id) from delivery)");
      tx.execute(
          "insert into redelivery (delivery_id, created_at) select max(id), 1 from delivery");

      const auto contents = store::find_contents(tx);
      CHECK(contents.repositories == 1);
      CHECK(contents.deployments == 1);
      CHECK(contents.newest_event_at == at(8));
      CHECK(contents.held_deployments == 0);
      CHECK(contents.waiting_deliveries == 2);
      CHECK(store::set_aside_deliveries(tx) == 2);
      CHECK(store::find_contents(tx).waiting_deliveries == 0);
      CHECK(tx.number("select count(*) from delivery where state = 'dead'") == 2);
      CHECK(tx.number("select count(*) from redelivery") == 0);
    });
  });
}

TEST_CASE("restoration: a repository lies elsewhere, and borrows nothing") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      core::Repository repository = sample.repository;
      repository.alternates = {"/pool/objects"};
      store::update_repository(tx, repository);
      store::move_repository(tx, repository.id, "/data/repositories/restored-1.git");
      const auto moved = found(store::find_repository(tx, repository.id));
      CHECK(moved.path == "/data/repositories/restored-1.git");
      CHECK(moved.alternates.empty());
      CHECK(moved.name == repository.name);
    });
  });
}
