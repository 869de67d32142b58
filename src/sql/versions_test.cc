#include "sql/versions.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;

namespace {

using Slots = std::vector<Versions::Slot>;

void create_tables(Database& db) {
  test::write(db, [](Writer& tx) {
    tx.execute("create table thing (id integer primary key, body text)");
    tx.execute("create table other (id integer primary key, body text)");
    tx.execute("insert into thing (id, body) values (1, 'a'), (2, 'b')");
  });
}

SnapshotMoment moment_of(Database& db) {
  return test::read(db, [](Reader& c) { return c.moment(); });
}

const Slots thing{Versions::of_table("thing")}, other{Versions::of_table("other")};
const Slots first{Versions::of_row("thing", 1)}, second{Versions::of_row("thing", 2)};

}  // namespace

TEST_CASE("Versions: what is read while a commit is under way is never taken for the present") {
  const auto versions = std::make_unique<Versions>();
  const auto before = versions->now();
  CHECK(versions->is_unchanged(before, first));
  versions->begin_commit(first);
  const auto meanwhile = versions->now();
  CHECK_FALSE(versions->is_unchanged(before, first));
  CHECK_FALSE(versions->is_unchanged(meanwhile, first));
  CHECK(versions->is_unchanged(meanwhile, second));
  versions->end_commit();
  CHECK_FALSE(versions->is_unchanged(meanwhile, first));
  CHECK(versions->is_unchanged(versions->now(), first));
}

TEST_CASE("Versions: one changed part is enough") {
  const auto versions = std::make_unique<Versions>();
  const auto before = versions->now();
  versions->begin_commit(other);
  versions->end_commit();
  CHECK(versions->is_unchanged(before, thing));
  CHECK_FALSE(versions->is_unchanged(before, Slots{thing[0], other[0]}));
}

TEST_CASE("SQLite: a commit notes the tables and rows that it changed") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_tables(db);
  const auto start = moment_of(db);
  for (const char* change :
       {"update thing set body = 'c' where id = 1", "delete from thing where id = 1",
        "insert into thing (id, body) values (1, 'd')",
        "insert into thing (id, body) values (1, 'e') "
        "on conflict (id) do update set body = excluded.body"}) {
    CAPTURE(change);
    const auto before = moment_of(db);
    test::write(db, [&](Writer& tx) { tx.execute(change); });
    CHECK_FALSE(before.versions->is_unchanged(before.moment, first));
    CHECK_FALSE(before.versions->is_unchanged(before.moment, thing));
    const auto after = moment_of(db);
    CHECK(after.versions->is_unchanged(after.moment, first));
  }
  CHECK(start.versions->is_unchanged(start.moment, second));
  CHECK(start.versions->is_unchanged(start.moment, other));
}

TEST_CASE("SQLite: a moment lies before the snapshot, which begins with the first statement") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_tables(db);
  test::read(db, [&](Reader& c) {
    const auto moment = c.moment();
    test::write(db, [](Writer& tx) { tx.execute("update thing set body = 'x' where id = 1"); });
    CHECK_FALSE(moment.versions->is_unchanged(c.moment().moment, first));
    const auto seen = c.one("select body from thing where id = 1", {},
                            [](const Row& row) { return std::string(row.text(0)); });
    CHECK(seen == "x");
    test::write(db, [](Writer& tx) { tx.execute("update thing set body = 'y' where id = 1"); });
    CHECK(c.number("select count(*) from thing where body = 'x'") == 1);
  });
}

TEST_CASE("SQLite: nothing may be kept where that is off") {
  test::TempFolder folder;
  const auto db = test::must(open_sqlite((folder / "esclusa.db").string(),
                                         [](const std::string&) {}, [] {}, Keeping::off));
  CHECK(moment_of(*db).versions == nullptr);
}
