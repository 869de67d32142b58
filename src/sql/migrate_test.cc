#include <doctest/doctest.h>

#include "base/check.h"
#include "sql/database.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using test::for_each_empty_database;
using test::must;

namespace {

constexpr Migration first{"0001_first",
                          "-- a comment; with a semicolon\n"
                          "create table account (\n  id {id},\n  name text not null,\n"
                          "  size {integer} not null\n) {strict};\n"
                          "insert into account (name, size) values ('ada', 1);\n"};

int64_t count(Database& db, const std::string& table) {
  return test::read(db, [&](Connection& c) { return c.number("select count(*) from " + table); });
}

}  // namespace

TEST_CASE("migrate: applies what is new, once") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    must(migrate(db, one));
    CHECK(count(db, "account") == 1);
    CHECK(count(db, "schema_migration") == 1);
    const Migration two[] = {first,
                             {"0002_second",
                              "insert into account (name, size) "
                              "values ('bob', 2);\n"}};
    must(migrate(db, two));
    must(migrate(db, two));
    CHECK(count(db, "account") == 2);
    CHECK(count(db, "schema_migration") == 2);
  });
}

TEST_CASE("migrate: a migration that fails halfway leaves nothing, and is tried again") {
  for_each_empty_database([](Database& db) {
    const Migration broken[] = {first,
                                {"0002_second",
                                 "create table other (id {id}) {strict};\n"
                                 "insert into nowhere values (1);\n"}};
    CHECK_FALSE(migrate(db, broken).has_value());
    CHECK(count(db, "schema_migration") == 1);
    CHECK(count(db, "account") == 1);
    CHECK_FALSE(db.read([](Connection& c) { c.number("select count(*) from other"); }).has_value());
    const Migration mended[] = {first, {"0002_second", "create table other (id {id}) {strict};\n"}};
    must(migrate(db, mended));
    CHECK(count(db, "other") == 0);
    CHECK(count(db, "account") == 1);
  });
}

TEST_CASE("migrate: a statement without its end is a bug, not left out") {
  for_each_empty_database([](Database& db) {
    const Migration cut[] = {
        {"0001_cut", "create table a (id bigint);\ncreate table b (id bigint)"}};
    CHECK_THROWS_AS((void)migrate(db, cut), Bug);
    CHECK_FALSE(db.read([](Connection& c) { c.number("select count(*) from a"); }).has_value());
  });
}

TEST_CASE("migrate: an id is never given twice, also after a delete") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    test::write(db, [](Connection& tx) {
      auto insert = [&] {
        return tx.number("insert into account (name, size) values ('x', 1) returning id");
      };
      const int64_t last = insert();
      tx.execute("delete from account");
      CHECK(insert() == last + 1);
    });
  });
}

TEST_CASE("migrate: a column takes only what its type says") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    auto written = db.write([](Connection& tx) {
      tx.execute("insert into account (name, size) values ('x', $1)", {"many"});
    });
    CHECK_FALSE(written.has_value());
  });
}
