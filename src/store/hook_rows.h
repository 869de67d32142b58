#pragma once
#include <string>

#include "base/crypto.h"
#include "core/hook.h"
#include "sql/connection.h"

/// For the joins in store/delivery_queue.cc: the columns of a hook (alias `h`) and its creator
/// (alias `c`), and their reader.
namespace esclusa::store {

inline constexpr int hook_column_count = 26;
inline constexpr std::string_view hook_creator_join = " join account c on c.id = h.creator_id ";
/// The pending and held deliveries of the hook `$1`. The condition on the environment is always
/// true; it makes SQLite use the index of such deliveries instead of reading all deliveries of the
/// hook.
inline constexpr std::string_view waits_for_hook =
    "hook_id = $1 and order_environment_id >= 0 and state in ('pending', 'held')";
/// What the sealed texts of a hook are bound to: its secret and former secret, and its credentials.
std::string hook_secret_context(HookId id);
std::string hook_credentials_context(HookId id);
std::string hook_columns();
/// `failure_count`, `failing_since`, `probe_at`.
core::HookHealth read_hook_health(const sql::Row& row, int first_column);
core::Hook read_hook(const sql::Row& row, const Sealer& sealer, int first_column = 0);

}  // namespace esclusa::store
