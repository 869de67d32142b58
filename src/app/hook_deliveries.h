#pragma once
#include "app/hook_scope.h"
#include "core/hook_delivery.h"

/// Attempts to deliver events to a webhook: what GitHub calls its deliveries. `not_found` if the
/// scope has no such hook, or the hook has no such attempt.
namespace esclusa::app {

Result<core::HookDeliveryPage> list_hook_deliveries(Reader& db, const HookScope& scope, HookId hook,
                                                    const core::HookDeliveryQuery& query);
Result<core::HookDeliveryRecord> get_hook_delivery(Reader& db, const HookScope& scope, HookId hook,
                                                   DeliveryAttemptId id);
/// Requests one more attempt with the same GUID and body, whatever the result of the earlier ones.
Result<void> redeliver(const Context& context, const HookScope& scope, HookId hook,
                       DeliveryAttemptId id);

}  // namespace esclusa::app
