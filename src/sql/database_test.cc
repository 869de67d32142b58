#include "sql/database.h"

#include <doctest/doctest.h>

#include <future>
#include <limits>

#include "base/check.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using test::for_each_empty_database;
using test::must;

namespace {

/// Creates a table for the tests below.
void create_things(Database& db) {
  test::write(db, [](Writer& tx) {
    tx.execute("create table thing (id bigint primary key, amount bigint, name text)");
  });
}

void insert_thing(Writer& tx, int64_t id, std::optional<std::string> name = "thing") {
  tx.execute("insert into thing (id, amount, name) values ($1, $1, $2)", {id, name});
}

int64_t count_things(Database& db) {
  return test::read(db, [](Reader& c) { return c.number("select count(*) from thing"); });
}

std::string reason(const Result<void>& result) {
  return result ? "no error" : result.error().reason_code;
}

}  // namespace

TEST_CASE("Connection: parameters are bound by number, in any order in the text") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::write(db, [](Writer& tx) {
      tx.execute("insert into thing (name, id, amount) values ($3, $1, $2)", {1, 22, "third"});
      tx.execute("update thing set name = $2 where id = $1 and amount > $1", {1, "second"});
    });
    auto row = test::read(db, [](Reader& c) {
      return c.one("select name, amount from thing where amount = $2 and id = $1", {1, 22},
                   [](const Row& r) { return std::pair(std::string(r.text(0)), r.integer(1)); });
    });
    REQUIRE(row.has_value());
    CHECK(row->first == "second");
    CHECK(row->second == 22);
  });
}

TEST_CASE("Connection: one parameter may be used several times") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::write(db, [](Writer& tx) { insert_thing(tx, 7); });
    CHECK(test::read(db, [](Reader& c) {
            return c.number("select count(*) from thing where id = $1 and amount = $1", {7});
          }) == 1);
  });
}

TEST_CASE("Connection on SQLite: a missing or an unused parameter is a bug") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  auto run = [&](const char* sql, std::initializer_list<Parameter> parameters) {
    (void)db.write([&](Writer& tx) { tx.execute(sql, parameters); });
  };
  CHECK_THROWS_AS(run("select name from thing where id = $1", {}), Bug);
  CHECK_THROWS_AS(run("select name from thing where id = $1", {1, 2}), Bug);
  CHECK_THROWS_AS(run("select name from thing where id = $2", {1, 2}), Bug);
  CHECK_THROWS_AS(run("select name from thing where id = $1 or id = $3", {1, 2}), Bug);
  CHECK_THROWS_AS(run("select name from thing where id = ?", {1}), Bug);
  CHECK_NOTHROW(run("select name from thing where id = $1", {1}));
}

TEST_CASE("Connection on PostgreSQL: a missing or an unused parameter is refused, too") {
  auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 1));
  create_things(*db);
  auto run = [&](const char* sql, std::initializer_list<Parameter> parameters) {
    return reason(db->write([&](Writer& tx) { tx.execute(sql, parameters); }));
  };
  CHECK(run("select name from thing where id = $1", {}) == "storage_failed");
  CHECK(run("select name from thing where id = $1", {1, 2}) == "storage_failed");
  CHECK(run("select name from thing where id = $2", {1, 2}) == "storage_failed");
  CHECK(run("select name from thing where id = $1", {1}) == "no error");
}

TEST_CASE("Connection on SQLite: a PostgreSQL cast is a bug, as it would silently be NULL") {
  test::SqliteFile sqlite;
  CHECK_THROWS_AS(
      (void)sqlite.database().write([](Writer& tx) { tx.execute("select $1::text", {"a"}); }), Bug);
}

TEST_CASE("Connection: null, empty and unicode texts are read back unchanged") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    const std::string unicode = "Schleuse \xf0\x9f\x9a\xa2 \xe2\x82\xac\n\t'\"\\ $1 %s";
    const std::string long_text(200'000, 'x');
    test::write(db, [&](Writer& tx) {
      insert_thing(tx, 1, std::nullopt);
      insert_thing(tx, 2, "");
      insert_thing(tx, 3, unicode);
      insert_thing(tx, 4, long_text);
      tx.execute("insert into thing (id, name) values ($1, $2)", {5, std::string_view()});
    });
    auto names = test::read(db, [](Reader& c) {
      return c.all("select name from thing order by id", {},
                   [](const Row& row) { return row.optional_text(0); });
    });
    REQUIRE(names.size() == 5);
    CHECK_FALSE(names[0].has_value());
    CHECK(names[1] == "");
    CHECK(names[2] == unicode);
    CHECK(names[3] == long_text);
    CHECK(names[4] == "");
  });
}

TEST_CASE("Connection: integers have 64 bits, and may be null") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    using Range = std::numeric_limits<int64_t>;
    const std::optional<int64_t> values[] = {Range::max(), Range::min(), 0,
                                             -1,           std::nullopt, (int64_t{1} << 53) + 1};
    test::write(db, [&](Writer& tx) {
      for (int i = 0; i < 6; ++i) {
        tx.execute("insert into thing (id, amount) values ($1, $2)", {i, values[i]});
      }
      tx.execute("insert into thing (id, amount) values ($1, $2)", {6, true});
    });
    auto amounts = test::read(db, [](Reader& c) {
      return c.all("select amount from thing order by id", {},
                   [](const Row& row) { return row.optional_integer(0); });
    });
    REQUIRE(amounts.size() == 7);
    for (size_t i = 0; i < 6; ++i) CHECK(amounts[i] == values[i]);
    CHECK(amounts[6] == 1);
  });
}

TEST_CASE("Connection: a text with a NUL is refused, not cut") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    const std::string text("main\0evil", 9);
    auto written = db.write([&](Writer& tx) { insert_thing(tx, 1, text); });
    if (!written) return;
    CHECK(test::read(db, [](Reader& c) {
            return c.one("select name from thing", {},
                         [](const Row& row) { return std::string(row.text(0)); });
          }) == text);
  });
}

TEST_CASE("Connection: execute returns the number of changed rows") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::write(db, [](Writer& tx) {
      for (int i = 0; i < 3; ++i) insert_thing(tx, i);
      CHECK(tx.execute("update thing set amount = 1 where id > $1", {0}) == 2);
      CHECK(tx.execute("delete from thing where id = $1", {9}) == 0);
    });
  });
}

TEST_CASE("Connection: one returns the first row, number requires a row") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::write(db, [](Writer& tx) {
      for (int i = 1; i <= 3; ++i) insert_thing(tx, i);
    });
    auto id = [](const Row& row) { return row.integer(0); };
    test::read(db, [&](Reader& c) {
      CHECK(c.one("select id from thing order by id desc", {}, id) == 3);
      CHECK_FALSE(c.one("select id from thing where id = 9", {}, id).has_value());
      CHECK_THROWS_AS(c.number("select id from thing where id = 9"), Bug);
    });
  });
}

TEST_CASE("Database: work that returns an error changes nothing") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    auto refused = db.write([](Writer& tx) -> Result<int> {
      insert_thing(tx, 1);
      return fail(ErrorCode::conflict, "no", "because");
    });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(refused.error().reason_code == "because");
    CHECK(count_things(db) == 0);
  });
}

TEST_CASE("Database: the value that work returns reaches the caller") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    CHECK(must(db.write([](Writer&) { return std::string("plain"); })) == "plain");
    CHECK(must(db.write([](Writer&) -> Result<int> { return 5; })) == 5);
    CHECK(must(db.read([](Reader&) { return std::optional<int>(); })) == std::nullopt);
    CHECK(db.read([](Reader&) -> Result<void> { return fail(ErrorCode::not_found, "no"); })
              .error()
              .code == ErrorCode::not_found);
  });
}

TEST_CASE("Database: an exception in work is thrown to the caller, and undoes its changes") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    auto throwing = [](Writer& tx) {
      insert_thing(tx, 1);
      throw std::domain_error("a bug of the caller's");
    };
    CHECK_THROWS_AS((void)db.write(throwing), std::domain_error);
    CHECK(count_things(db) == 0);
    CHECK_THROWS_AS((void)db.read([](Reader&) { throw std::domain_error("again"); }),
                    std::domain_error);
    test::write(db, [](Writer& tx) { insert_thing(tx, 1); });
    CHECK(count_things(db) == 1);
  });
}

TEST_CASE("Database: a violated constraint is an error, and the database stays usable") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    auto twice = db.write([](Writer& tx) {
      insert_thing(tx, 1);
      insert_thing(tx, 1);
    });
    CHECK(reason(twice) == "storage_failed");
    CHECK(count_things(db) == 0);
    auto wrong = db.write([](Writer& tx) { tx.execute("insert into nowhere values (1)"); });
    CHECK(reason(wrong) == "storage_failed");
    test::write(db, [](Writer& tx) { insert_thing(tx, 1); });
    CHECK(count_things(db) == 1);
  });
}

TEST_CASE("Database: reads cannot write") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    auto ask = [&](const char* sql) {
      return reason(db.read([&](Reader& c) { c.each(sql, {}, [](const Row&) {}); }));
    };
    CHECK(ask("insert into thing (id, name) values (1, 'thing') returning id") == "storage_failed");
    CHECK(ask("create table other (id bigint)") == "storage_failed");
    CHECK(count_things(db) == 0);
  });
}

TEST_CASE("Database: a read sees one snapshot, and the next read sees later writes") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::read(db, [&](Reader& c) {
      CHECK(c.number("select count(*) from thing") == 0);
      test::write(db, [](Writer& tx) { insert_thing(tx, 1); });
      CHECK(c.number("select count(*) from thing") == 0);
    });
    CHECK(count_things(db) == 1);
  });
}

TEST_CASE("Database: a read that stops halfway keeps no old snapshot open") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    test::write(db, [](Writer& tx) {
      for (int i = 0; i < 10; ++i) insert_thing(tx, i);
    });
    auto stop = [](const Row&) { throw std::domain_error("enough"); };
    CHECK_THROWS_AS((void)db.read([&](Reader& c) { c.each("select id from thing", {}, stop); }),
                    std::domain_error);
    test::write(db, [](Writer& tx) { insert_thing(tx, 10); });
    CHECK(count_things(db) == 11);
  });
}

TEST_CASE("open_sqlite: a path that cannot be opened is an error") {
  test::TempFolder folder;
  auto ignore = [](const std::string&) {};
  auto missing = open_sqlite((folder / "none/esclusa.db").string(), ignore);
  CHECK_FALSE(missing.has_value());
  auto no_database = open_sqlite(folder.write("text", std::string(5000, 'x')).string(), ignore);
  CHECK_FALSE(no_database.has_value());
  std::filesystem::create_symlink(folder / "elsewhere.db", folder / "link.db");
  auto link = open_sqlite((folder / "link.db").string(), ignore);
  CHECK_FALSE(link.has_value());
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere.db"));
  auto without_wal = open_sqlite(":memory:", ignore);
  CHECK_FALSE(without_wal.has_value());
}

TEST_CASE("open_postgres: an unreachable server is an error") {
  test::TempFolder folder;
  auto opened = open_postgres("host=" + folder.path().string() + " user=postgres", 1);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == ErrorCode::unavailable);
}

TEST_CASE("write_later: its outcome comes after the commit, in the order of the calls") {
  for_each_empty_database([](Database& db) {
    create_things(db);
    std::promise<void> all_done;
    std::vector<std::string> outcomes;
    const auto note = [&](Result<void> outcome, const std::exception_ptr& thrown) {
      outcomes.push_back(thrown ? "thrown" : reason(outcome));
      if (outcomes.size() == 4) all_done.set_value();
    };
    db.write_later(
        [](Writer& tx) -> Result<void> {
          insert_thing(tx, 1);
          return {};
        },
        note);
    db.write_later(
        [](Writer& tx) -> Result<void> {
          insert_thing(tx, 2);
          return fail(ErrorCode::conflict, "no", "no_reason");
        },
        note);
    db.write_later(
        [](Writer& tx) -> Result<void> {
          insert_thing(tx, 3);
          throw std::domain_error("a bug of the caller's");
        },
        note);
    db.write_later(
        [](Writer& tx) -> Result<void> {
          insert_thing(tx, 4);
          return {};
        },
        note);
    all_done.get_future().wait();
    CHECK(outcomes == std::vector<std::string>{"no error", "no_reason", "thrown", "no error"});
    CHECK(count_things(db) == 2);
  });
}
