#include "app/app_hooks.h"

#include "app/apps.h"
#include "app/hooks.h"
#include "app/installations.h"
#include "store/hooks.h"

namespace esclusa::app {
namespace {

/// A new hook with this configuration.
Result<core::HookInput> new_app_hook(const core::App& app, const core::HookConfigChanges& config) {
  if (!config.url) return fail_validation({"Hook", "url", "missing_field", ""}, "missing_field");
  core::HookInput input;
  input.config =
      core::HookConfig{.url = *config.url,
                       .content_type = config.content_type.value_or(core::HookContentType::json),
                       .secret = config.secret,
                       .insecure_ssl = config.insecure_ssl.value_or(false)};
  input.events = shown_events(app);
  return input;
}

}  // namespace

Result<HookId> find_app_hook(Reader& db, const HookScope& scope) {
  const auto id = store::find_app_hook(db, std::get<AppId>(scope.target()));
  if (!id) return not_found();
  return *id;
}

Result<core::Hook> set_app_hook(const Context& context, const HookScope& scope,
                                const core::HookConfigChanges& changes) {
  const auto id = context.database.read([&](Reader& db) { return find_app_hook(db, scope); });
  if (id) return update_hook_config(context, scope, *id, changes);
  if (id.error().code != ErrorCode::not_found) return std::unexpected(id.error());
  return create_hook(context, scope, TRY(new_app_hook(std::get<core::App>(scope.owner), changes)));
}

Result<core::Hook> set_app_hook(const Context& context, const core::Actor& administrator,
                                const std::string& slug, const core::HookConfigChanges& changes) {
  const auto app = TRY(context.database.read([&](Reader& db) { return get_app(db, slug); }));
  return set_app_hook(context, HookScope(administrator, app), changes);
}

std::vector<std::string> shown_events(const core::App& app) {
  return app.events.empty() ? std::vector<std::string>{"*"} : app.events;
}

std::optional<HookId> remove_app_hook(Change& change, AppId app) {
  const auto hook = store::find_app_hook(change.rows, app);
  if (hook) store::delete_hook(change.rows, *hook, change.now);
  return hook;
}

Result<void> remove_app_hook(const Context& context, const core::Actor& administrator,
                             const std::string& slug) {
  return change(context, administrator, [&](Change& change) -> Result<void> {
    const auto app = TRY(require_app(change.rows, slug));
    const auto hook = remove_app_hook(change, app.id);
    if (!hook) {
      return fail(ErrorCode::not_found, "\"" + app.slug + "\" has no webhook", "hook_not_found");
    }
    change.audit({"hook.delete", std::nullopt, hook->value});
    return {};
  });
}

}  // namespace esclusa::app
