#pragma once
#include "sql/database.h"

/// The layers above say `store::`: they see storage, not SQL.
namespace esclusa::store {

using sql::Connection;
using sql::Database;

}  // namespace esclusa::store
