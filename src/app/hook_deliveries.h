#pragma once
#include "app/context.h"
#include "core/hook_delivery.h"

/// What was sent to a webhook. `not_found` where the repository has no such hook, or it no such
/// delivery.
namespace esclusa::app {

Result<core::HookDeliveryPage> list_hook_deliveries(const Context& context,
                                                    const RepositoryAccess& access, HookId hook,
                                                    const core::HookDeliveryQuery& query);
Result<core::HookDeliveryRecord> get_hook_delivery(const Context& context,
                                                   const RepositoryAccess& access, HookId hook,
                                                   DeliveryAttemptId id);
/// Asks for one more attempt with the same GUID and body, whatever became of the others.
Result<void> redeliver(const Context& context, const RepositoryAccess& access, HookId hook,
                       DeliveryAttemptId id);

}  // namespace esclusa::app
