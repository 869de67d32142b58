#pragma once
#include "bin/data_folder.h"
#include "sql/database.h"

namespace esclusa {

/// Whether this program may use the folder's database with the folder's key; reads a copied
/// database from end to end. The folder's keys must have the numbers that the sealed texts name,
/// and open them. Changes nothing on the disk. `unavailable`, with a remedy, if it may not.
Result<void> check_database(const DataFolder& data);

/// After the migrations: records that database, key and folder belong together, unless that is
/// recorded.
Result<void> mark_database(sql::Database& database, DataFolder& data);

}  // namespace esclusa
