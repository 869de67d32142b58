#pragma once
#include "core/event_delivery.h"
#include "sql/connection.h"

/// Deliveries by event, as the owner of the hook sees them.
namespace esclusa::store {

core::EventDeliveryPage list_event_deliveries(sql::Reader& db, HookId hook,
                                              const core::EventDeliveryQuery& query);

/// Makes the deliveries that `replay` selects pending again, without attempts and due now, or held
/// while their hook holds deliveries; the oldest first, at most `limit`, without those whose body
/// was pruned. Pending retries are due now as well, and a hook whose breaker is open is probed at
/// once.
core::Replayed replay_deliveries(sql::Writer& tx, HookId hook, const core::Replay& replay,
                                 Timestamp now, int limit);

}  // namespace esclusa::store
