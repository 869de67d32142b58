#pragma once
#include "app/hook_scope.h"

/// The webhooks of repositories and organizations. The caller has judged the access and the
/// destination of the URL. `not_found` if the scope has no such hook.
namespace esclusa::app {

/// Creates the hook and pings it.
Result<core::Hook> create_hook(const Context& context, const HookScope& scope,
                               const core::HookInput& input);
Result<core::Hook> get_hook(const Context& context, Reader& db, const HookScope& scope, HookId id);
Result<std::vector<core::Hook>> list_hooks(const Context& context, Reader& db,
                                           const HookScope& scope);
/// Updates the hook. A hook that becomes active again receives its held deliveries at once.
Result<core::Hook> update_hook(const Context& context, const HookScope& scope, HookId id,
                               const core::HookInput& input);
/// Changes the given keys of the configuration and keeps the others.
Result<core::Hook> update_hook_config(const Context& context, const HookScope& scope, HookId id,
                                      const core::HookConfigChanges& changes);
/// Changes the secret. For a while the former secret signs as well.
Result<core::Hook> rotate_hook_secret(const Context& context, const HookScope& scope, HookId id,
                                      const core::SecretRotation& rotation);
/// Makes the caller answer for the hook, which then receives its held deliveries.
Result<core::Hook> adopt_hook(const Context& context, const HookScope& scope, HookId id);
Result<void> delete_hook(const Context& context, const HookScope& scope, HookId id);
Result<void> ping_hook(const Context& context, const HookScope& scope, HookId id);
/// Sends the repository's latest push to this hook only, with a new GUID. Sends nothing if the hook
/// does not want pushes or there was no push.
Result<void> test_hook(const Context& context, const RepositoryAccess& access, HookId id);

}  // namespace esclusa::app
