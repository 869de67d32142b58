#include "store/feed.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "store/events.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::for_each_engine;
using test::Sample;

namespace {

EventId add_event(sql::Writer& tx, const Sample& s, const std::string& kind = "push") {
  return store::insert_event(tx, s.event(kind), "{}", s.actor);
}

Sample add_sample(sql::Database& db) {
  return test::write(db, [](sql::Writer& tx) { return Sample(tx); });
}

store::FeedEnd end_of(sql::Database& db) {
  return test::read(db, [](sql::Reader& c) { return store::feed_end(c); });
}

/// The ids after `after` that a reader receives.
std::vector<int64_t> ids_after(sql::Database& db, int64_t after,
                               std::optional<RepositoryId> repository = {}) {
  const auto end = end_of(db);
  std::vector<int64_t> ids;
  for (const auto& event : test::read(db, [&](sql::Reader& c) {
         return store::list_feed(c, repository, after, end.settled, 1000);
       })) {
    ids.push_back(event.id.value);
  }
  return ids;
}

std::vector<int64_t> committed_ids(sql::Database& db) {
  return test::read(db, [](sql::Reader& c) {
    return c.all("select id from event order by id", {},
                 [](const sql::Row& row) { return row.integer(0); });
  });
}

}  // namespace

TEST_CASE("list_feed: events with all fields of the feed, oldest first, at most the count") {
  for_each_engine([](sql::Database& db) {
    const Sample s = add_sample(db);
    core::Event event = s.event("deployment", {}, test::at(5));
    test::write(db, [&](sql::Writer& tx) {
      event.id = store::insert_event(tx, event, R"({"n":1})", s.actor);
      add_event(tx, s);
      add_event(tx, s);
    });
    const auto end = end_of(db);
    CHECK(end.latest == end.settled);
    test::read(db, [&](sql::Reader& c) {
      const auto page = store::list_feed(c, {}, 0, end.settled, 2);
      REQUIRE(page.size() == 2);
      CHECK(page[0].id == event.id);
      CHECK(page[0].guid == event.guid);
      CHECK(page[0].kind == "deployment");
      CHECK(page[0].action == "created");
      CHECK(page[0].repository_id == s.repository.id);
      CHECK(page[0].created_at == test::at(5));
      CHECK(store::event_body(c, event.id) == R"({"n":1})");
      CHECK(store::list_feed(c, {}, page[1].id.value, end.settled, 9).size() == 1);
      CHECK(store::list_feed(c, {}, 0, page[0].id.value, 9).size() == 1);
    });
  });
}

TEST_CASE("list_feed: of one repository, and never events for a single hook") {
  for_each_engine([](sql::Database& db) {
    const Sample one = add_sample(db);
    const auto [other, wanted] = test::write(db, [&](sql::Writer& tx) {
      Sample second(tx, "other");
      core::Event ping = one.event("ping");
      ping.only_hook = one.hook(tx).id;
      store::insert_event(tx, ping, "{}", one.actor);
      core::Event quiet = one.event("deployment_status");
      quiet.announced = false;  // no hook receives it, but the feed has it
      const EventId id = store::insert_event(tx, quiet, "{}", one.actor);
      add_event(tx, second);
      return std::pair(second, id);
    });
    CHECK(ids_after(db, 0, one.repository.id) == std::vector{wanted.value});
    CHECK(ids_after(db, 0, other.repository.id).size() == 1);
    CHECK(ids_after(db, 0).size() == 2);
  });
}

TEST_CASE("feed_end: nothing has happened yet") {
  for_each_engine([](sql::Database& db) {
    CHECK(end_of(db).settled == 0);
    CHECK(end_of(db).latest == 0);
  });
}

TEST_CASE("feed_end: the id of a rolled back transaction hides no event") {
  for_each_engine([](sql::Database& db) {
    const Sample s = add_sample(db);
    auto add = [&](bool keep) {
      return db.write([&](sql::Writer& tx) -> Result<void> {
        add_event(tx, s);
        if (!keep) return fail(ErrorCode::conflict, "given back");
        return {};
      });
    };
    std::vector<int64_t> seen;
    for (const bool keep : {false, true, false, false, true, true}) {
      CHECK(add(keep).has_value() == keep);
      for (int64_t id : ids_after(db, seen.empty() ? 0 : seen.back())) seen.push_back(id);
    }
    CHECK(seen == committed_ids(db));
    CHECK(seen.size() == 3);
  });
}

TEST_CASE("feed_end: an event waits for one with a smaller id that is not committed yet") {
  for_each_engine([](sql::Database& db) {
    const auto engine = test::read(db, [](sql::Reader& c) { return c.engine(); });
    if (engine == sql::Engine::sqlite) return;  // SQLite has no second writer
    const Sample s = add_sample(db);
    std::latch taken(1), seen(1);
    std::jthread slow([&] {
      test::write(db, [&](sql::Writer& tx) {
        add_event(tx, s);
        taken.count_down();
        seen.wait();
      });
    });
    taken.wait();
    test::write(db, [&](sql::Writer& tx) { add_event(tx, s); });
    CHECK(committed_ids(db).size() == 1);
    CHECK(ids_after(db, 0).empty());
    CHECK(end_of(db).latest == 2);
    seen.count_down();
    slow.join();
    CHECK(ids_after(db, 0) == std::vector<int64_t>{1, 2});
  });
}

TEST_CASE("the feed: a reader misses nothing while eight writers commit or roll back") {
  for_each_engine([](sql::Database& db) {
    const Sample s = add_sample(db);
    std::atomic<int> at_work = 8;
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 8; ++writer) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < 25; ++i) {
          auto outcome = db.write([&](sql::Writer& tx) -> Result<void> {
            add_event(tx, s);
            if ((i + writer) % 5 == 0) return fail(ErrorCode::conflict, "given up");
            if ((i + writer) % 3 == 0) add_event(tx, s);
            return {};
          });
          CHECK(outcome.has_value() == ((i + writer) % 5 != 0));
        }
        --at_work;
      });
    }
    std::vector<int64_t> seen;
    int64_t cursor = 0;
    for (bool last = false; !last;) {
      last = at_work == 0;
      const auto end = end_of(db);
      CHECK(end.latest >= end.settled);
      for (const auto& event : test::read(db, [&](sql::Reader& c) {
             return store::list_feed(c, {}, cursor, end.settled, 10'000);
           })) {
        seen.push_back(event.id.value);
      }
      cursor = std::max(cursor, end.settled);  // also over ids of rolled back transactions
    }
    CHECK(seen == committed_ids(db));
    CHECK(seen.size() > 160);
  });
}
