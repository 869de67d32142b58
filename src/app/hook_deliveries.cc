#include "app/hook_deliveries.h"

#include "store/events.h"
#include "store/hook_deliveries.h"
#include "store/hooks.h"

namespace esclusa::app {
namespace {

bool has_hook(store::Connection& db, const Context& context, const RepositoryAccess& access,
              HookId hook) {
  return store::find_hook(db, context.sealer, access.repository.id, hook).has_value();
}

}  // namespace

Result<core::HookDeliveryPage> list_hook_deliveries(const Context& context,
                                                    const RepositoryAccess& access, HookId hook,
                                                    const core::HookDeliveryQuery& query) {
  return context.database.read([&](store::Connection& db) -> Result<core::HookDeliveryPage> {
    if (!has_hook(db, context, access, hook)) return not_found();
    return store::list_hook_deliveries(db, hook, query);
  });
}

Result<core::HookDeliveryRecord> get_hook_delivery(const Context& context,
                                                   const RepositoryAccess& access, HookId hook,
                                                   DeliveryAttemptId id) {
  return context.database.read([&](store::Connection& db) -> Result<core::HookDeliveryRecord> {
    if (!has_hook(db, context, access, hook)) return not_found();
    auto record = store::find_hook_delivery(db, hook, id);
    if (!record) return not_found();
    return std::move(*record);
  });
}

Result<void> redeliver(const Context& context, const RepositoryAccess& access, HookId hook,
                       DeliveryAttemptId id) {
  auto asked = context.database.write([&](store::Connection& tx) -> Result<void> {
    if (!has_hook(tx, context, access, hook)) return not_found();
    auto record = store::find_hook_delivery(tx, hook, id);
    if (!record) return not_found();
    store::insert_redelivery(tx, record->delivery.delivery_id, context.now());
    store::insert_audit(tx, access.principal,
                        {.action = "hook.redeliver",
                         .repository_id = access.repository.id,
                         .target_id = hook.value,
                         .detail = "{\"delivery_id\":" + std::to_string(id.value) + "}"},
                        context.now());
    return {};
  });
  if (asked) context.events_committed();
  return asked;
}

}  // namespace esclusa::app
