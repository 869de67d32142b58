#pragma once
#include "app/hook_scope.h"
#include "core/event_delivery.h"
#include "core/hook_delivery.h"

/// The deliveries of a webhook. `not_found` if the scope has no such hook, or the hook has no such
/// delivery.
namespace esclusa::app {

Result<core::HookDeliveryPage> list_hook_deliveries(Reader& db, const HookScope& scope, HookId hook,
                                                    const core::HookDeliveryQuery& query);
Result<core::HookDeliveryRecord> get_hook_delivery(Reader& db, const HookScope& scope, HookId hook,
                                                   DeliveryAttemptId id);
/// Requests one more attempt with the same GUID and body, whatever the result of the earlier ones.
Result<void> redeliver(const Context& context, const HookScope& scope, HookId hook,
                       DeliveryAttemptId id);

/// The deliveries by event: one item for all attempts, including deliveries without an attempt yet.
Result<core::EventDeliveryPage> list_event_deliveries(Reader& db, const HookScope& scope,
                                                      HookId hook,
                                                      const core::EventDeliveryQuery& query);
/// Starts the retry schedule of those deliveries again, the oldest first, at most
/// limits::replayed_deliveries of them.
Result<core::Replayed> replay_deliveries(const Context& context, const HookScope& scope,
                                         HookId hook, const core::Replay& replay);

}  // namespace esclusa::app
