#pragma once
#include "app/hook_scope.h"

/// The webhooks of repositories and organizations. The caller has judged the access, and the URL's
/// destination. `not_found` where the scope has no such hook.
namespace esclusa::app {

/// Creates the hook and pings it.
Result<core::Hook> create_hook(const Context& context, const HookScope& scope,
                               const core::HookInput& input);
Result<core::Hook> get_hook(const Context& context, const HookScope& scope, HookId id);
Result<std::vector<core::Hook>> list_hooks(const Context& context, const HookScope& scope);
/// A hook that becomes active again gets what it held at once.
Result<core::Hook> update_hook(const Context& context, const HookScope& scope, HookId id,
                               const core::HookInput& input);
/// Merges single keys into the configuration.
Result<core::Hook> update_hook_config(const Context& context, const HookScope& scope, HookId id,
                                      const core::HookConfigChanges& changes);
/// Changes the secret; the former one goes on signing beside it for a while.
Result<core::Hook> rotate_hook_secret(const Context& context, const HookScope& scope, HookId id,
                                      const core::SecretRotation& rotation);
/// Makes the caller the one who answers for the hook, which then gets what it held.
Result<core::Hook> adopt_hook(const Context& context, const HookScope& scope, HookId id);
Result<void> delete_hook(const Context& context, const HookScope& scope, HookId id);
Result<void> ping_hook(const Context& context, const HookScope& scope, HookId id);
/// Sends the repository's latest push once more, to this hook alone and with a GUID of its own, if
/// the hook wants pushes and there was one. Otherwise nothing is sent.
Result<void> test_hook(const Context& context, const RepositoryAccess& access, HookId id);

}  // namespace esclusa::app
