#include "app/app_permissions.h"

#include <algorithm>

#include "app/app_hooks.h"
#include "app/change.h"
#include "core/app_change.h"
#include "core/app_events.h"
#include "store/apps.h"
#include "store/hooks.h"
#include "store/installations.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// Cancels what waits to be sent, and what the installation may no longer hear of.
void cancel_lost_events(Change& change, HookId hook, const core::Installation& before,
                        const core::Installation& after) {
  for (const std::string& event : before.events) {
    const bool is_kept = std::ranges::find(after.events, event) != after.events.end();
    if (is_kept && core::may_hear(after.permissions, event)) continue;
    store::cancel_deliveries(change.rows, hook, after.id, event);
  }
}

void adapt_installations(Change& change, const core::App& app, bool accepted) {
  const auto hook = store::find_app_hook(change.rows, app.id);
  for (const core::Installation& before : store::list_installations(change.rows, app.id)) {
    core::Installation after = core::adapt_installation(before, app, accepted);
    if (after.permissions == before.permissions && after.events == before.events) continue;
    after.updated_at = change.now;
    store::update_permissions(change.rows, after);
    if (hook) cancel_lost_events(change, *hook, before, after);
    change.audit({"installation.update", std::nullopt, after.id.value,
                  wire::audit_detail({{"app", app.slug},
                                      {"account", after.account.login},
                                      {"permissions", after.permissions.to_text()}})});
  }
}

/// The hook shows the events of the app.
void show_events(Change& change, const core::App& app) {
  const auto id = store::find_app_hook(change.rows, app.id);
  if (!id) return;
  auto hook = store::find_hook(change.rows, change.context.sealer, app.id, *id).value();
  hook.events = shown_events(app);
  hook.updated_at = change.now;
  store::update_hook(change.rows, change.context.sealer, hook);
}

}  // namespace

Result<AppOverview> change_app(const Context& context, const core::Actor& actor,
                               const std::string& slug, const AppChange& wanted) {
  if (wanted.events) TRY(core::check_app_events(*wanted.events));
  return change(context, actor, [&](Change& change) -> Result<AppOverview> {
    auto app = TRY(require_app(change.rows, slug));
    if (wanted.permissions) app.permissions = core::with_metadata(*wanted.permissions);
    if (wanted.events) app.events = *wanted.events;
    app.updated_at = change.now;
    store::update_app(change.rows, app);
    if (wanted.events) show_events(change, app);
    change.audit(
        {"app.update", std::nullopt, app.id.value,
         wire::audit_detail({{"slug", app.slug}, {"permissions", app.permissions.to_text()}})});
    adapt_installations(change, app, wanted.accepted);
    return describe_app(change.rows, std::move(app));
  });
}

}  // namespace esclusa::app
