#pragma once
#include <optional>

#include "core/hook_delivery.h"
#include "sql/connection.h"

/// Attempts as the API shows them, and requests for redelivery.
namespace esclusa::store {

core::HookDeliveryPage list_hook_deliveries(sql::Reader& db, HookId hook,
                                            const core::HookDeliveryQuery& query);
std::optional<core::HookDeliveryRecord> find_hook_delivery(sql::Reader& db, HookId hook,
                                                           DeliveryAttemptId id);
/// Requests one more attempt, which the worker makes at once.
void insert_redelivery(sql::Writer& tx, DeliveryId delivery, Timestamp now);

}  // namespace esclusa::store
