#pragma once
#include "sql/database.h"

namespace esclusa::sql {

/// Reads a SQLite file together with its WAL, and changes nothing on the disk: no file is made,
/// written, renamed or removed. Only if another process (a shell, a backup) has the file open, the
/// index of the WAL is shared with it as usual. Gives what `work` gives; `unavailable` if the file
/// cannot be read: `storage_damaged` if for what is in it.
Result<void> inspect_sqlite(const std::string& path,
                            const std::function<Result<void>(Connection&)>& work);

/// Reads the whole SQLite database. `unavailable` with the first damage or broken reference.
Result<void> check_integrity(Connection& connection);

bool has_table(Connection& connection, std::string_view name);

}  // namespace esclusa::sql
