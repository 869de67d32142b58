#pragma once
#include <string>

#include "base/crypto.h"
#include "core/hook.h"
#include "sql/connection.h"

/// For the joins of store/deliveries.cc: a hook's columns (alias `h`, its creator `c`) and their
/// reader.
namespace esclusa::store {

inline constexpr int hook_column_count = 25;
inline constexpr std::string_view hook_creator_join = " join account c on c.id = h.creator_id ";
/// What waits for the hook `$1`. The environment, always given, makes SQLite take the index of what
/// waits; it would go through all that the hook ever had.
inline constexpr std::string_view waits_for_hook =
    "hook_id = $1 and order_environment_id >= 0 and state in ('pending', 'held')";
std::string hook_columns();
/// `failure_count`, `failing_since`, `probe_at`.
core::HookHealth read_hook_health(const sql::Row& row, int first_column);
core::Hook read_hook(const sql::Row& row, const Sealer& sealer, int first_column = 0);

}  // namespace esclusa::store
