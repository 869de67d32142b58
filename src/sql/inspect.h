#pragma once
#include "sql/database.h"

namespace esclusa::sql {

/// Reads a SQLite file together with its WAL. Changes nothing on the disk: no file is made,
/// written, renamed or removed. If another process (a shell, a backup) has the file open, the WAL
/// index is shared with it as usual. Returns what `work` returns. `unavailable` if the file cannot
/// be read, with `storage_damaged` if its content is the cause.
Result<void> inspect_sqlite(const std::string& path,
                            const std::function<Result<void>(Connection&)>& work);

/// Checks the whole SQLite database. `unavailable` names the first damage or broken reference.
Result<void> check_integrity(Connection& connection);

bool has_table(Connection& connection, std::string_view name);

}  // namespace esclusa::sql
