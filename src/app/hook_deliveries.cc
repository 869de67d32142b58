#include "app/hook_deliveries.h"

#include "app/change.h"
#include "store/hook_deliveries.h"
#include "store/hooks.h"
#include "wire/audit_detail.h"

namespace esclusa::app {

Result<core::HookDeliveryPage> list_hook_deliveries(Reader& db, const HookScope& scope, HookId hook,
                                                    const core::HookDeliveryQuery& query) {
  if (!store::has_hook(db, scope.target(), hook)) return not_found();
  return store::list_hook_deliveries(db, hook, query);
}

Result<core::HookDeliveryRecord> get_hook_delivery(Reader& db, const HookScope& scope, HookId hook,
                                                   DeliveryAttemptId id) {
  if (!store::has_hook(db, scope.target(), hook)) return not_found();
  auto record = store::find_hook_delivery(db, hook, id);
  if (!record) return not_found();
  return std::move(*record);
}

Result<void> redeliver(const Context& context, const HookScope& scope, HookId hook,
                       DeliveryAttemptId id) {
  return change(context, scope.actor, [&](Change& change) -> Result<void> {
    if (!store::has_hook(change.rows, scope.target(), hook)) return not_found();
    auto record = store::find_hook_delivery(change.rows, hook, id);
    if (!record) return not_found();
    if (!record->request_payload) {
      return fail(ErrorCode::invalid, "The server keeps the payload of this delivery no longer.",
                  "body_pruned");
    }
    store::insert_redelivery(change.rows, record->delivery.delivery_id, change.now);
    change.audit({"hook.redeliver", scope.repository_id(), hook.value,
                  wire::audit_detail({{"delivery_id", id.value}})});
    change.touch_deliveries();
    return {};
  });
}

}  // namespace esclusa::app
