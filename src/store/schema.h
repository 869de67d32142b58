#pragma once
#include <span>

#include "sql/database.h"

namespace esclusa::store {

/// The migrations of this version, in order; compiled in from store/schema/.
std::span<const sql::Migration> migrations();

}  // namespace esclusa::store
