#include "sql/sqlite_copy.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "sql/inspect.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using test::must;
namespace fs = std::filesystem;

namespace {

bool wanted() { return false; }

void make_pairs(Database& db) {
  test::write(db, [](Writer& tx) {
    tx.execute("create table pair (id integer primary key autoincrement, text text not null)");
    for (int i = 0; i < 2000; ++i) {
      tx.execute("insert into pair (text) values ($1)", {std::string(500, 'x')});
    }
  });
}

int64_t number_in(const fs::path& file, std::string_view sql) {
  int64_t number = -1;
  must(inspect_sqlite(file.string(), [&](Reader& db) -> Result<void> {
    TRY(check_integrity(db));
    number = db.number(sql);
    return {};
  }));
  return number;
}

}  // namespace

TEST_CASE("copy_sqlite: is one moment of a database that is written meanwhile") {
  test::SqliteFile sqlite;
  make_pairs(sqlite.database());
  const test::TempFolder folder;
  std::atomic<bool> is_over = false;
  // Two rows are added in each transaction, and never one.
  std::thread writer([&] {
    while (!is_over) {
      test::write(sqlite.database(), [](Writer& tx) {
        tx.execute("insert into pair (text) values ('a')");
        tx.execute("insert into pair (text) values ('b')");
      });
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int64_t before = test::read(
        sqlite.database(), [](Reader& db) { return db.number("select count(*) from pair"); });
    const fs::path copy = folder / std::to_string(i);
    must(copy_sqlite(sqlite.path(), copy.string(), wanted));
    const int64_t count = number_in(copy, "select count(*) from pair");
    CHECK(count >= before);
    CHECK(count % 2 == 0);
  }
  is_over = true;
  writer.join();
}

TEST_CASE("copy_sqlite: ends when it is not wanted any more, and leaves nothing") {
  test::SqliteFile sqlite;
  make_pairs(sqlite.database());
  const test::TempFolder folder;
  int asked = 0;
  const auto copied =
      copy_sqlite(sqlite.path(), (folder / "copy").string(), [&] { return ++asked == 2; });
  REQUIRE_FALSE(copied.has_value());
  CHECK(copied.error().reason_code == "cancelled");
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("copy_sqlite: what was deleted is not in the copy") {
  test::SqliteFile sqlite;
  make_pairs(sqlite.database());
  test::write(sqlite.database(), [](Writer& tx) {
    tx.execute("insert into pair (text) values ('canary-of-a-deleted-row')");
    tx.execute("delete from pair where text like 'canary%'");
  });
  const test::TempFolder folder;
  must(copy_sqlite(sqlite.path(), (folder / "copy").string(), wanted));
  std::ifstream file(folder / "copy", std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  CHECK(content.size() > 1'000'000);
  CHECK_FALSE(content.contains("canary-of-a-deleted-row"));
}

TEST_CASE("skip_ids: later rows get ids that nobody has had") {
  test::SqliteFile sqlite;
  make_pairs(sqlite.database());
  test::write(sqlite.database(), [](Writer& tx) {
    tx.execute("create table unused (id integer primary key autoincrement, text text)");
    tx.execute("create table uncounted (id integer primary key, text text)");
  });
  test::write(sqlite.database(), [](Writer& tx) {
    skip_ids(tx, 1'000'000);
    CHECK(tx.insert("insert into pair (text) values ('a')", {}) == 1'002'001);
    // Nor in a table that had no row yet.
    CHECK(tx.insert("insert into unused (text) values ('a')", {}) == 1'000'001);
    CHECK(tx.insert("insert into uncounted (text) values ('a')", {}) == 1);
  });
}
