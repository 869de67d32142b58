#pragma once
#include "bin/data_folder.h"
#include "sql/database.h"

namespace esclusa {

/// Whether this program may use the folder's database with the folder's key; a copy is read from
/// end to end. Changes nothing on the disk. `unavailable`, with what can be done, if not.
Result<void> check_database(const DataFolder& data);

/// After the migrations: binds database, key and folder to each other, unless they are.
Result<void> mark_database(sql::Database& database, DataFolder& data);

}  // namespace esclusa
