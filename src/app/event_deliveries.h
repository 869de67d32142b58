#pragma once
#include "app/hook_scope.h"
#include "core/event_delivery.h"

/// The deliveries of events to a webhook. `not_found` if the scope has no such hook.
namespace esclusa::app {

/// One item for all attempts, including deliveries without an attempt yet.
Result<core::EventDeliveryPage> list_event_deliveries(Reader& db, const HookScope& scope,
                                                      HookId hook,
                                                      const core::EventDeliveryQuery& query);
/// Starts the retry schedule of those deliveries again, the oldest first, at most
/// limits::replayed_deliveries of them.
Result<core::Replayed> replay_deliveries(const Context& context, const HookScope& scope,
                                         HookId hook, const core::Replay& replay);

}  // namespace esclusa::app
