#pragma once
#include "app/change.h"
#include "app/hook_scope.h"

/// The webhook of an app. It hears of what happens in the repositories where the app is installed,
/// and of nothing else.
namespace esclusa::app {

/// The hook of the scope's app; `not_found` if it has none.
Result<HookId> find_app_hook(Reader& db, const HookScope& scope);

/// Changes the given keys of the hook's configuration, or makes the hook, which needs a URL. The
/// caller has judged the destination of the URL.
Result<core::Hook> set_app_hook(const Context& context, const HookScope& scope,
                                const core::HookConfigChanges& changes);

/// The same for the app with this slug, by the local administrator.
Result<core::Hook> set_app_hook(const Context& context, const core::Actor& administrator,
                                const std::string& slug, const core::HookConfigChanges& changes);

/// The events that the hook of the app shows. Which ones it hears is settled by each installation.
std::vector<std::string> shown_events(const core::App& app);

/// Removes the hook of the app with this slug, and what waits for it. `not_found` if there is none.
Result<void> remove_app_hook(const Context& context, const core::Actor& administrator,
                             const std::string& slug);

/// The same as a part of a change, which writes its audit row; the hook, if there was one.
std::optional<HookId> remove_app_hook(Change& change, AppId app);

}  // namespace esclusa::app
