#pragma once
#include "app/hook_scope.h"
#include "core/event_delivery.h"
#include "core/hook_delivery.h"

/// What was sent to a webhook, and what waits for it. `not_found` where the scope has no such hook,
/// or it no such delivery.
namespace esclusa::app {

Result<core::HookDeliveryPage> list_hook_deliveries(const Context& context, const HookScope& scope,
                                                    HookId hook,
                                                    const core::HookDeliveryQuery& query);
Result<core::HookDeliveryRecord> get_hook_delivery(const Context& context, const HookScope& scope,
                                                   HookId hook, DeliveryAttemptId id);
/// Asks for one more attempt with the same GUID and body, whatever became of the others.
Result<void> redeliver(const Context& context, const HookScope& scope, HookId hook,
                       DeliveryAttemptId id);

/// The same by event: one item for all the attempts, and also what was not attempted yet.
Result<core::EventDeliveryPage> list_event_deliveries(const Context& context,
                                                      const HookScope& scope, HookId hook,
                                                      const core::EventDeliveryQuery& query);
/// Begins the schedule of those deliveries anew, the oldest first, at most
/// limits::replayed_deliveries of them.
Result<core::Replayed> replay_deliveries(const Context& context, const HookScope& scope,
                                         HookId hook, const core::Replay& replay);

}  // namespace esclusa::app
