#pragma once
#include "app/context.h"
#include "core/hook.h"

/// Repository webhooks. The caller has judged the access, and the URL's destination.
namespace esclusa::app {

/// Creates the hook and pings it.
Result<core::Hook> create_hook(const Context& context, const RepositoryAccess& access,
                               const core::HookInput& input);
Result<core::Hook> get_hook(const Context& context, const RepositoryAccess& access, HookId id);
Result<std::vector<core::Hook>> list_hooks(const Context& context, const RepositoryAccess& access);
Result<core::Hook> update_hook(const Context& context, const RepositoryAccess& access, HookId id,
                               const core::HookInput& input);
/// Merges single keys into the configuration.
Result<core::Hook> update_hook_config(const Context& context, const RepositoryAccess& access,
                                      HookId id, const core::HookConfigChanges& changes);
Result<void> delete_hook(const Context& context, const RepositoryAccess& access, HookId id);
Result<void> ping_hook(const Context& context, const RepositoryAccess& access, HookId id);
/// Sends the repository's latest push once more, to this hook alone and with a GUID of its own, if
/// the hook wants pushes and there was one. Otherwise nothing is sent.
Result<void> test_hook(const Context& context, const RepositoryAccess& access, HookId id);

}  // namespace esclusa::app
