#include "sql/table_check.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "support/database_engines.h"

using namespace esclusa;

namespace {

/// What is said of a table.
std::string check(const std::string& path, const std::string& table) {
  std::string said;
  const auto done = sql::read_sqlite(path, [&](sql::Reader& db) -> Result<void> {
    said = TRY(sql::check_table(db, table));
    return {};
  });
  return done ? said : done.error().reason_code;
}

}  // namespace

TEST_CASE("check_table: nothing, a broken reference, or no such table") {
  test::SqliteFile file;
  test::write(file.database(), [](sql::Writer& tx) {
    tx.execute("create table parent (id integer primary key)");
    tx.execute("create table child (id integer primary key, parent_id integer references parent)");
    tx.execute("insert into parent (id) values (1)");
    tx.execute("insert into child (id, parent_id) values (5, 1)");
  });
  CHECK(check(file.path(), "child").empty());
  CHECK(check(file.path(), "parent").empty());
  CHECK(check(file.path(), "parent\") --") == "unknown_table");
  test::must(sql::read_sqlite(file.path(), [](sql::Reader& db) -> Result<void> {
    CHECK(sql::list_tables(db) == std::vector<std::string>{"child", "parent"});
    return {};
  }));
  {
    sqlite3* raw = nullptr;  // with foreign keys off, as in a shell
    REQUIRE(sqlite3_open(file.path().c_str(), &raw) == SQLITE_OK);
    CHECK(sqlite3_exec(raw, "delete from parent", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
  }
  CHECK(check(file.path(), "child") ==
        "row 5 of child refers to a row of parent that is not there");
  CHECK(check("/nowhere/x.db", "child") == "storage_failed");
}
