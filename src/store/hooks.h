#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "core/actor.h"
#include "core/hook.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Secrets are sealed before they are stored, and unsealed when they are read.
HookId insert_hook(sql::Writer& tx, const Sealer& sealer, const core::Hook& hook,
                   AccountId creator);
void update_hook(sql::Writer& tx, const Sealer& sealer, const core::Hook& hook);
std::optional<core::Hook> find_hook(sql::Reader& db, const Sealer& sealer,
                                    const core::HookTarget& target, HookId id);
/// The hook of an app, which has one at most.
std::optional<HookId> find_app_hook(sql::Reader& db, AppId app);
/// Whether the target has the hook; reads no secrets.
bool has_hook(sql::Reader& db, const core::HookTarget& target, HookId id);
/// The hooks for which the account answers.
struct CreatedHook {
  HookId id;
  bool active;
};
std::vector<CreatedHook> list_hooks_of(sql::Reader& db, AccountId creator);
/// The same without the hooks of apps, and where they are: `owner/name`, or an organization's
/// login.
struct PlacedHook {
  HookId id;
  AccountId owner;  ///< of the repository, or the organization
  std::string place;
  std::string url;  ///< without credentials
};
std::vector<PlacedHook> list_placed_hooks_of(sql::Reader& db, AccountId creator);
/// Oldest first; deleted ones are left out.
std::vector<core::Hook> list_hooks(sql::Reader& db, const Sealer& sealer,
                                   const core::HookTarget& target);
/// Whether the key unseals at least one secret, or no secret is sealed. Works for a database of any
/// version, also one without tables.
bool unseals_secrets(sql::Reader& db, const Sealer& sealer);
/// Cancels what waits for an app's hook because of this installation.
void cancel_deliveries(sql::Writer& tx, HookId app_hook, InstallationId installation);
/// The same for events of one kind.
void cancel_deliveries(sql::Writer& tx, HookId app_hook, InstallationId installation,
                       std::string_view kind);
/// Hides the hook, and cancels its pending and held deliveries.
void delete_hook(sql::Writer& tx, HookId id, Timestamp now);

}  // namespace esclusa::store
