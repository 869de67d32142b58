#include "sql/inspect.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <map>

#include "base/crypto.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using test::must;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The digest and modification time of each file of a folder, by name.
std::map<std::string, std::pair<std::string, fs::file_time_type>> look(const fs::path& folder) {
  std::map<std::string, std::pair<std::string, fs::file_time_type>> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = {sha256(content(entry.path())), entry.last_write_time()};
  }
  return files;
}

int64_t count_things(const fs::path& path) {
  int64_t count = -1;
  must(inspect_sqlite(path.string(), [&](Connection& db) -> Result<void> {
    count = db.number("select count(*) from thing");
    return {};
  }));
  return count;
}

void make_things(Database& db) {
  test::write(db, [](Connection& tx) {
    tx.execute("create table thing (id integer primary key, other_id integer references thing)");
    tx.execute("insert into thing (id) values (1), (2)");
  });
}

}  // namespace

TEST_CASE("inspect_sqlite: reads a closed database, and changes nothing") {
  test::TempFolder folder;
  const fs::path copy = folder / "a copy?#%.db";
  {
    test::SqliteFile sqlite;
    make_things(sqlite.database());
    sqlite.close();
    fs::copy_file(sqlite.path(), copy);
  }
  const auto before = look(folder.path());
  CHECK(count_things(copy) == 2);
  CHECK(look(folder.path()) == before);
}

TEST_CASE("inspect_sqlite: reads what is only in the WAL of a killed server, and changes nothing") {
  test::TempFolder folder;
  const fs::path copy = folder / "copy.db";
  test::SqliteFile sqlite;
  make_things(sqlite.database());
  fs::copy_file(sqlite.path(), copy);
  fs::copy_file(sqlite.path() + "-wal", copy.string() + "-wal");
  const auto before = look(folder.path());
  CHECK(before.size() == 2);
  CHECK(count_things(copy) == 2);
  CHECK(look(folder.path()) == before);
}

TEST_CASE("inspect_sqlite: reads a file that another process has open, without waiting") {
  test::SqliteFile sqlite;
  make_things(sqlite.database());
  REQUIRE(fs::file_size(sqlite.path() + "-wal") > 0);
  CHECK(count_things(sqlite.path()) == 2);
  test::write(sqlite.database(), [](Connection& tx) { tx.execute("delete from thing"); });
  CHECK(count_things(sqlite.path()) == 0);
}

TEST_CASE("inspect_sqlite: a file that is not a database is an error") {
  test::TempFolder folder;
  const fs::path path = folder / "esclusa.db";
  std::ofstream(path) << std::string(8192, 'x');
  const auto inspected = inspect_sqlite(path.string(), [](Connection& db) -> Result<void> {
    db.number("select count(*) from sqlite_master");
    return {};
  });
  REQUIRE_FALSE(inspected.has_value());
  CHECK(inspected.error().message.contains(path.string()));
}

TEST_CASE("check_integrity: finds damage and broken references") {
  test::SqliteFile sqlite;
  make_things(sqlite.database());
  must(sqlite.database().read([](Connection& db) { return check_integrity(db); }));
  sqlite.close();
  SUBCASE("a reference") {
    sqlite3* other = nullptr;  // SQLite itself does not check references
    REQUIRE(sqlite3_open(sqlite.path().c_str(), &other) == SQLITE_OK);
    CHECK(sqlite3_exec(other, "insert into thing values (3, 99)", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
    sqlite3_close(other);
    const auto checked =
        inspect_sqlite(sqlite.path(), [](Connection& db) { return check_integrity(db); });
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().message.contains("row 3 of thing"));
  }
  SUBCASE("a page") {
    std::fstream file(sqlite.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096 + 8);
    file << std::string(2000, '\x55');
    file.close();
    const auto checked =
        inspect_sqlite(sqlite.path(), [](Connection& db) { return check_integrity(db); });
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().message.contains("damaged"));
  }
}
