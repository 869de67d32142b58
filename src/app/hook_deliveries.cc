#include "app/hook_deliveries.h"

#include "store/event_deliveries.h"
#include "store/events.h"
#include "store/hook_deliveries.h"
#include "store/hooks.h"

namespace esclusa::app {
namespace {

void insert_audit(store::Connection& tx, const Context& context, const HookScope& scope,
                  std::string_view action, HookId hook, std::string detail) {
  store::insert_audit(tx, scope.principal,
                      {.action = action,
                       .repository_id = scope.repository_id(),
                       .target_id = hook.value,
                       .detail = std::move(detail)},
                      context.now());
}

}  // namespace

Result<core::HookDeliveryPage> list_hook_deliveries(const Context& context, const HookScope& scope,
                                                    HookId hook,
                                                    const core::HookDeliveryQuery& query) {
  return context.database.read([&](store::Connection& db) -> Result<core::HookDeliveryPage> {
    if (!store::has_hook(db, scope.target(), hook)) return not_found();
    return store::list_hook_deliveries(db, hook, query);
  });
}

Result<core::HookDeliveryRecord> get_hook_delivery(const Context& context, const HookScope& scope,
                                                   HookId hook, DeliveryAttemptId id) {
  return context.database.read([&](store::Connection& db) -> Result<core::HookDeliveryRecord> {
    if (!store::has_hook(db, scope.target(), hook)) return not_found();
    auto record = store::find_hook_delivery(db, hook, id);
    if (!record) return not_found();
    return std::move(*record);
  });
}

Result<void> redeliver(const Context& context, const HookScope& scope, HookId hook,
                       DeliveryAttemptId id) {
  auto asked = context.database.write([&](store::Connection& tx) -> Result<void> {
    if (!store::has_hook(tx, scope.target(), hook)) return not_found();
    auto record = store::find_hook_delivery(tx, hook, id);
    if (!record) return not_found();
    store::insert_redelivery(tx, record->delivery.delivery_id, context.now());
    insert_audit(tx, context, scope, "hook.redeliver", hook,
                 "{\"delivery_id\":" + std::to_string(id.value) + "}");
    return {};
  });
  if (asked) context.events_committed();
  return asked;
}

Result<core::EventDeliveryPage> list_event_deliveries(const Context& context,
                                                      const HookScope& scope, HookId hook,
                                                      const core::EventDeliveryQuery& query) {
  return context.database.read([&](store::Connection& db) -> Result<core::EventDeliveryPage> {
    if (!store::has_hook(db, scope.target(), hook)) return not_found();
    return store::list_event_deliveries(db, hook, query);
  });
}

Result<core::Replayed> replay_deliveries(const Context& context, const HookScope& scope,
                                         HookId hook, const core::Replay& replay) {
  auto replayed = context.database.write([&](store::Connection& tx) -> Result<core::Replayed> {
    if (!store::has_hook(tx, scope.target(), hook)) return not_found();
    const core::Replayed done =
        store::replay_deliveries(tx, hook, replay, context.now(), limits::replayed_deliveries);
    insert_audit(tx, context, scope, "hook.replay", hook,
                 "{\"count\":" + std::to_string(done.count) + "}");
    return done;
  });
  if (replayed) context.events_committed();
  return replayed;
}

}  // namespace esclusa::app
