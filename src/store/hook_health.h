#pragma once
#include <string_view>

#include "core/hook.h"
#include "sql/connection.h"

/// The health of hooks, and its effect on their pending deliveries.
namespace esclusa::store {

core::HookHealth get_hook_health(sql::Reader& db, HookId id);
void set_hook_health(sql::Writer& tx, HookId id, const core::HookHealth& health);
/// Makes the hook inactive because of its failures, and holds its deliveries.
void disable_hook(sql::Writer& tx, HookId id, std::string_view message, Timestamp now);
/// Resets the hook's failures and a message that it was disabled; its held deliveries are due now.
void restart_hook(sql::Writer& tx, HookId id, Timestamp now);

/// The oldest pending or held delivery of the hook; nullopt if there is none.
std::optional<DeliveryId> oldest_waiting(sql::Reader& db, HookId id);
/// Holds all pending deliveries of the hook.
void hold_deliveries(sql::Writer& tx, HookId id);
/// Holds all pending deliveries but the oldest, which is due at `next` if it was held.
void hold_behind_oldest(sql::Writer& tx, HookId id, Timestamp next);
/// Makes all pending and held deliveries of the hook due at this time.
void make_due(sql::Writer& tx, HookId id, Timestamp when);

}  // namespace esclusa::store
