#pragma once
#include "core/event_delivery.h"
#include "sql/connection.h"

/// Deliveries by event, as the hook's owner looks after them.
namespace esclusa::store {

core::EventDeliveryPage list_event_deliveries(sql::Connection& db, HookId hook,
                                              const core::EventDeliveryQuery& query);

/// Makes what `replay` names pending again, with no attempt made and due now, or held where its
/// hook holds what comes; the oldest first, at most `limit` of them. What waits for its next
/// attempt is due now as well, and a hook whose breaker is open is probed at once.
core::Replayed replay_deliveries(sql::Connection& tx, HookId hook, const core::Replay& replay,
                                 Timestamp now, int limit);

}  // namespace esclusa::store
