#pragma once
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

}  // namespace esclusa::app
