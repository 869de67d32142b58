#include "sql/table_check.h"

#include <algorithm>

#include "sql/sqlite_connection.h"

namespace esclusa::sql {

Result<void> read_sqlite(const std::string& path,
                         const std::function<Result<void>(Reader&)>& work) {
  try {
    SqliteConnection connection(path, SqliteConnection::Mode::reader);
    return work(connection);
  } catch (const Failure& failure) {
    const bool is_damaged = failure.kind == Failure::Kind::io;
    return fail(ErrorCode::unavailable, "cannot read " + path + ": " + failure.what(),
                is_damaged ? "storage_damaged" : "storage_failed");
  }
}

std::vector<std::string> list_tables(Reader& connection) {
  return connection.all(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite%' "
      "order by name",
      {}, [](const Row& row) { return std::string(row.text(0)); });
}

Result<std::string> check_table(Reader& connection, const std::string& table) {
  const auto tables = list_tables(connection);
  if (std::ranges::find(tables, table) == tables.end()) {
    return fail(ErrorCode::not_found, "there is no table of this name", "unknown_table");
  }
  // A pragma takes no parameter. The name is one of the schema, and those have no quotes.
  const auto damage = connection.one("pragma quick_check(\"" + table + "\")", {},
                                     [](const Row& row) { return std::string(row.text(0)); });
  if (damage != "ok") return damage.value_or("no answer");
  const auto broken =
      connection.one("pragma foreign_key_check(\"" + table + "\")", {}, [](const Row& row) {
        return "row " + std::string(row.text(1)) + " of " + std::string(row.text(0)) +
               " refers to a row of " + std::string(row.text(2)) + " that is not there";
      });
  return broken.value_or("");
}

}  // namespace esclusa::sql
