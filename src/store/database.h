#pragma once
#include "sql/database.h"

/// The layers above use these names in `store::`, so that they depend on storage and not on SQL.
namespace esclusa::store {

using sql::Database;
using sql::Reader;
using sql::Writer;

}  // namespace esclusa::store
