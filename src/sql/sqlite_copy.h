#pragma once
#include <functional>
#include <string>

#include "base/error.h"
#include "sql/connection.h"

/// What a backup needs of SQLite.
namespace esclusa::sql {

/// Writes the database at `from`, as it is at one moment, to the new file `to`, while others read
/// and write it. It reads through a connection of its own, and so holds up nobody; the WAL cannot
/// be reset meanwhile, and grows by what is written. `is_unwanted` is asked every few milliseconds
/// on the calling thread; when it returns true, the copy ends. The copy has no deleted rows, and is
/// not synced. `unavailable`: `cancelled`, `storage_full`, or `storage_failed`; nothing is left
/// then.
Result<void> copy_sqlite(const std::string& from, const std::string& to,
                         const std::function<bool()>& is_unwanted);

/// From now on all new rows of tables whose ids are counted get ids that are greater by `distance`:
/// no id is given again that was given after this database was copied. Only SQLite.
void skip_ids(Writer& tx, int64_t distance);

}  // namespace esclusa::sql
