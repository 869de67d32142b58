#include <doctest/doctest.h>

#include "base/check.h"
#include "sql/inspect.h"
#include "sql/migrate.h"
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

constexpr Migration second{"0002_second", "insert into account (name, size) values ('bob', 2);\n"};

/// Creates the table of applied migrations as it was before the digests.
void make_former_list(Database& db, std::initializer_list<const char*> names) {
  test::write(db, [&](Writer& tx) {
    tx.execute("create table schema_migration (name text primary key, applied_at bigint not null)");
    for (const char* name : names) {
      tx.execute("insert into schema_migration (name, applied_at) values ($1, 5)", {name});
    }
  });
}

int64_t count(Database& db, const std::string& table) {
  return test::read(db, [&](Reader& c) { return c.number("select count(*) from " + table); });
}

}  // namespace

TEST_CASE("migrate: applies new migrations, once") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    must(migrate(db, one));
    CHECK(count(db, "account") == 1);
    CHECK(count(db, "migration") == 1);
    const Migration two[] = {first,
                             {"0002_second",
                              "insert into account (name, size) "
                              "values ('bob', 2);\n"}};
    must(migrate(db, two));
    must(migrate(db, two));
    CHECK(count(db, "account") == 2);
    CHECK(count(db, "migration") == 2);
  });
}

TEST_CASE("migrate: a migration that fails halfway changes nothing, and is tried again") {
  for_each_empty_database([](Database& db) {
    const Migration broken[] = {first,
                                {"0002_second",
                                 "create table other (id {id}) {strict};\n"
                                 "insert into nowhere values (1);\n"}};
    CHECK_FALSE(migrate(db, broken).has_value());
    CHECK(count(db, "migration") == 1);
    CHECK(count(db, "account") == 1);
    CHECK_FALSE(db.read([](Reader& c) { c.number("select count(*) from other"); }).has_value());
    const Migration mended[] = {first, {"0002_second", "create table other (id {id}) {strict};\n"}};
    must(migrate(db, mended));
    CHECK(count(db, "other") == 0);
    CHECK(count(db, "account") == 1);
  });
}

TEST_CASE("migrate: a step that was applied stays, and a killed migration goes on with the next") {
  for_each_empty_database([](Database& db) {
    constexpr std::string_view text =
        "create table a (id bigint);\n{step}\ninsert into a (id) values (1);\n{step}\n"
        "insert into a (id) values (2);\ninsert into a (id) values (3);\n";
    const Migration steps[] = {first, {"0002_steps", text}, {"0003_last", "drop table account;\n"}};
    struct Killed {};
    for (size_t kill_after = 1; kill_after <= 2; ++kill_after) {
      CHECK_THROWS_AS((void)migrate(db, steps,
                                    [&](const MigrationProgress& progress) {
                                      if (progress.migration != "0002_steps") return;
                                      CHECK(progress.steps == 3);
                                      CHECK(progress.done == kill_after);
                                      throw Killed();
                                    }),
                      Killed);
      CHECK(count(db, "a") == static_cast<int64_t>(kill_after) - 1);
      // A program without this migration would write to tables that are not complete.
      const Migration older[] = {first};
      CHECK_FALSE(migrate(db, older).has_value());
    }
    must(migrate(db, steps));
    must(migrate(db, steps));
    CHECK(count(db, "a") == 3);
    CHECK(count(db, "migration") == 3);
    CHECK(count(db, "migration_step") == 0);
  });
}

TEST_CASE("migrate: a line that begins with an engine's word is a comment for the other engine") {
  for_each_empty_database([](Database& db) {
    const Migration words[] = {{"0001_words",
                                "create table a (id bigint);\n"
                                "{sqlite} insert into a (id)\n{sqlite}   values (1);\n"
                                "{postgresql} insert into a (id)\n{postgresql}   values (2);\n"
                                "insert into a (id) values (3);\n"}};
    must(migrate(db, words));
    test::read(db, [](Reader& c) {
      const bool is_sqlite = c.engine() == Engine::sqlite;
      CHECK(c.number("select sum(id) from a") == (is_sqlite ? 1 : 2) + 3);
    });
  });
}

TEST_CASE("migrate: a statement without its end is a bug, and is not skipped") {
  for_each_empty_database([](Database& db) {
    const Migration cut[] = {
        {"0001_cut", "create table a (id bigint);\ncreate table b (id bigint)"}};
    CHECK_THROWS_AS((void)migrate(db, cut), Bug);
    CHECK_FALSE(db.read([](Reader& c) { c.number("select count(*) from a"); }).has_value());
  });
}

TEST_CASE("migrate: an id is never reused, also after a delete") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    test::write(db, [](Writer& tx) {
      auto insert = [&] {
        return tx.number("insert into account (name, size) values ('x', 1) returning id");
      };
      const int64_t last = insert();
      tx.execute("delete from account");
      CHECK(insert() == last + 1);
    });
  });
}

TEST_CASE("migrate: a column accepts only values of its type") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    auto written = db.write([](Writer& tx) {
      tx.execute("insert into account (name, size) values ('x', $1)", {"many"});
    });
    CHECK_FALSE(written.has_value());
  });
}

TEST_CASE("migrate: refuses an unknown applied migration, and names both versions") {
  for_each_empty_database([](Database& db) {
    const Migration both[] = {first, second};
    must(migrate(db, both));
    const Migration older[] = {first};
    const auto refused = migrate(db, older);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.contains("0002_second"));
    CHECK(refused.error().message.contains("0001_first"));
    CHECK(count(db, "account") == 2);
    must(migrate(db, both));
  });
}

TEST_CASE("migrate: refuses a migration that was changed after it was applied") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    const std::string text =
        std::string(first.text) + "insert into account values (7, 'eve', 3);\n";
    const Migration changed[] = {{first.name, text}, second};
    const auto refused = migrate(db, changed);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.contains(migration_digest(first.text)));
    CHECK(refused.error().message.contains(migration_digest(text)));
    CHECK(count(db, "account") == 1);
  });
}

TEST_CASE("migrate: converts a table without digests once") {
  for_each_empty_database([](Database& db) {
    const Migration one[] = {first};
    must(migrate(db, one));
    test::write(db, [](Writer& tx) { tx.execute("drop table migration"); });
    make_former_list(db, {"0001_first"});
    const Migration both[] = {first, second};
    must(migrate(db, both));
    CHECK(count(db, "account") == 2);
    test::read(db, [](Reader& c) {
      CHECK_FALSE(has_table(c, "schema_migration"));
      CHECK(c.number("select applied_at from migration where name = '0001_first'") == 5);
    });
    const Migration changed[] = {{first.name, "create table account (id {id}) {strict};\n"},
                                 second};
    CHECK_FALSE(migrate(db, changed).has_value());
  });
}

TEST_CASE("migrate: refuses a table without digests that contains an unknown migration") {
  for_each_empty_database([](Database& db) {
    make_former_list(db, {"0001_first", "0009_other"});
    const Migration one[] = {first};
    CHECK_FALSE(migrate(db, one).has_value());
    CHECK(count(db, "schema_migration") == 2);
    test::read(db, [](Reader& c) { CHECK_FALSE(has_table(c, "migration")); });
  });
}

TEST_CASE("migration_digest: ignores layout and comments only") {
  const std::string digest = migration_digest("create table a (id {id}, b text default 'x');\n");
  CHECK(digest.size() == 64);
  for (const char* same :
       {"-- why; 'this'\ncreate table a (\n  id {id},\n  b text default 'x'\n);\n",
        "create  table a( id {id} ,b text -- a word\n default 'x' ) ;"}) {
    CHECK(migration_digest(same) == digest);
  }
  for (const char* other : {"create table a (id {id}, b text default 'y');\n",
                            "create table a (id {id}, b text default ' x');\n",
                            "create table a (id {id}, b text default '--x');\n",
                            "create tablea (id {id}, b text default 'x');\n",
                            "create table a (id {id}, b text default 'x'"}) {
    CHECK(migration_digest(other) != digest);
  }
}
