#pragma once
#include <string>
#include <vector>

#include "sql/connection.h"
#include "sql/database.h"

/// The examination of a SQLite file table by table, so that it shows progress, and holds back no
/// checkpoint for longer than one table takes.
namespace esclusa::sql {

/// Runs `work` on a read-only connection of its own to a file that this process has open.
Result<void> read_sqlite(const std::string& path, const std::function<Result<void>(Reader&)>& work);

/// The names of all tables, by name.
std::vector<std::string> list_tables(Reader& connection);

/// Examines a table with its indexes, and its references to other tables. Returns the first damage
/// or broken reference as a sentence; empty if there is none. `not_found` without such a table.
Result<std::string> check_table(Reader& connection, const std::string& table);

}  // namespace esclusa::sql
