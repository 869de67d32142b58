#pragma once
#include <string>

#include "base/crypto.h"
#include "core/hook.h"
#include "sql/connection.h"

/// For the joins of store/deliveries.cc: a hook's columns (alias `h`) and their reader.
namespace esclusa::store {

inline constexpr int hook_column_count = 13;
std::string hook_columns();
core::Hook read_hook(const sql::Row& row, const Sealer& sealer, int first_column = 0);

}  // namespace esclusa::store
