#pragma once
#include <string_view>

#include "core/hook.h"
#include "sql/connection.h"

/// How hooks fare, and what that means for the deliveries that wait for them.
namespace esclusa::store {

core::HookHealth get_hook_health(sql::Connection& db, HookId id);
void set_hook_health(sql::Connection& tx, HookId id, const core::HookHealth& health);
/// Makes the hook inactive, as its own fault, and holds what waits for it.
void disable_hook(sql::Connection& tx, HookId id, std::string_view message, Timestamp now);
/// Forgets the hook's failures, and what it was told about them; what waits for it is due now.
void restart_hook(sql::Connection& tx, HookId id, Timestamp now);

/// The oldest delivery that waits for the hook; nothing if none does.
std::optional<DeliveryId> oldest_waiting(sql::Connection& db, HookId id);
/// All that waits for the hook is held.
void hold_deliveries(sql::Connection& tx, HookId id);
/// The same but for the oldest, which comes due at `next` if it was held.
void hold_behind_oldest(sql::Connection& tx, HookId id, Timestamp next);
/// All that waits for the hook is due now.
void make_due_now(sql::Connection& tx, HookId id, Timestamp now);

}  // namespace esclusa::store
