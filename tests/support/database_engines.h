#pragma once
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "sql/database.h"
#include "support/postgres_cluster.h"
#include "support/temp_folder.h"

namespace esclusa::test {

/// The value of a `Result`; an error throws, so that the test fails.
template <class T>
T must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message + " (" + result.error().reason_code + ")");
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Reads or writes, and returns the result of `work`; throws if the database reports an error.
template <class Work>
auto read(sql::Database& database, Work work) {
  return must(database.read(std::move(work)));
}
template <class Work>
auto write(sql::Database& database, Work work) {
  return must(database.write(std::move(work)));
}

/// Whether SQLite databases of tests keep what is made from rows: `ESCLUSA_TEST_KEEPING=off` runs
/// every test without it.
inline sql::Keeping& keeping() {
  static sql::Keeping value = [] {
    const char* setting = std::getenv("ESCLUSA_TEST_KEEPING");
    return setting != nullptr && std::string(setting) == "off" ? sql::Keeping::off
                                                               : sql::Keeping::on;
  }();
  return value;
}

/// Databases that are opened while it lives keep nothing: each request asks for all its rows.
struct KeepNothing {
  KeepNothing() { keeping() = sql::Keeping::off; }
  ~KeepNothing() { keeping() = before; }
  const sql::Keeping before = keeping();
};

/// A SQLite database in its own folder, without tables.
class SqliteFile {
 public:
  SqliteFile() { reopen(); }
  /// A copy of another database, which must be closed.
  explicit SqliteFile(const std::string& original) {
    std::filesystem::copy_file(original, path());
    reopen();
  }

  /// Closes the database, if it is open, and opens it again.
  void reopen() {
    database_.reset();
    database_ = must(sql::open_sqlite(
        path(),
        [](const std::string& what) {
          std::fprintf(stderr, "the storage failed under a test: %s\n", what.c_str());
          std::abort();
        },
        [] {}, keeping()));
  }
  void close() { database_.reset(); }
  std::string path() const { return (folder_ / "esclusa.db").string(); }
  sql::Database& database() const { return *database_; }

 private:
  TempFolder folder_;
  std::unique_ptr<sql::Database> database_;
};

/// Calls `body(sql::Database&)` twice: with an empty database of each engine.
template <class Body>
void for_each_empty_database(Body body) {
  SUBCASE("on SQLite") {
    SqliteFile sqlite;
    body(sqlite.database());
  }
  SUBCASE("on PostgreSQL") {
    auto postgres = must(sql::open_postgres(PostgresCluster::instance().new_schema(), 4));
    body(*postgres);
  }
}

}  // namespace esclusa::test
