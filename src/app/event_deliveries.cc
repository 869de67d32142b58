#include "app/event_deliveries.h"

#include "app/change.h"
#include "base/limits.h"
#include "store/event_deliveries.h"
#include "store/hooks.h"
#include "wire/audit_detail.h"

namespace esclusa::app {

Result<core::EventDeliveryPage> list_event_deliveries(Reader& db, const HookScope& scope,
                                                      HookId hook,
                                                      const core::EventDeliveryQuery& query) {
  if (!store::has_hook(db, scope.target(), hook)) return not_found();
  return store::list_event_deliveries(db, hook, query);
}

Result<core::Replayed> replay_deliveries(const Context& context, const HookScope& scope,
                                         HookId hook, const core::Replay& replay) {
  return change(context, scope.actor, [&](Change& change) -> Result<core::Replayed> {
    if (!store::has_hook(change.rows, scope.target(), hook)) return not_found();
    const core::Replayed done = store::replay_deliveries(change.rows, hook, replay, change.now,
                                                         limits::replayed_deliveries);
    change.audit({"hook.replay", scope.repository_id(), hook.value,
                  wire::audit_detail({{"count", done.count}})});
    change.touch_deliveries();
    return done;
  });
}

}  // namespace esclusa::app
