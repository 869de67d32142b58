#include "sql/inspect.h"

#include "sql/sqlite_connection.h"

namespace esclusa::sql {

Result<void> inspect_sqlite(const std::string& path,
                            const std::function<Result<void>(Reader&)>& work) {
  try {
    SqliteConnection connection(path, SqliteConnection::Mode::inspector);
    return work(connection);
  } catch (const Failure& failure) {
    const bool is_damaged = failure.kind == Failure::Kind::io;
    return fail(ErrorCode::unavailable, "cannot read " + path + ": " + failure.what(),
                is_damaged ? "storage_damaged" : "storage_failed");
  }
}

Result<void> check_integrity(Reader& connection) {
  const auto damage = connection.one("pragma integrity_check(1)", {},
                                     [](const Row& row) { return std::string(row.text(0)); });
  if (damage != "ok") {
    return fail(ErrorCode::unavailable, "the database is damaged: " + damage.value_or("no answer"),
                "storage_damaged");
  }
  const auto broken = connection.one("pragma foreign_key_check", {}, [](const Row& row) {
    return "row " + std::string(row.text(1)) + " of " + std::string(row.text(0)) +
           " refers to a row of " + std::string(row.text(2)) + " that is not there";
  });
  if (broken) {
    return fail(ErrorCode::unavailable, "the database is damaged: " + *broken, "storage_damaged");
  }
  return {};
}

bool has_table(Reader& connection, std::string_view name) {
  const char* sql = connection.engine() == Engine::sqlite
                        ? "select count(*) from sqlite_master where type = 'table' and name = $1"
                        : "select count(*) from information_schema.tables "
                          "where table_schema = current_schema() and table_name = $1";
  return connection.number(sql, {name}) > 0;
}

}  // namespace esclusa::sql
