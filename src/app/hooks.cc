#include "app/hooks.h"

#include "base/crypto.h"
#include "store/events.h"
#include "store/hook_health.h"
#include "store/hooks.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

Result<void> check_others(store::Connection& tx, const Context& context, const core::Hook& hook) {
  return core::check_other_hooks(hook, store::list_hooks(tx, context.sealer, hook.target));
}

/// An event for that hook only.
core::Event event_for(const core::Hook& hook, std::string_view kind, Timestamp now) {
  core::Event event;
  event.guid = random_uuid();
  if (auto* repository = std::get_if<RepositoryId>(&hook.target)) event.repository_id = *repository;
  event.kind = kind;
  event.only_hook = hook.id;
  event.created_at = now;
  return event;
}

void insert_ping(store::Connection& tx, const Context& context, const HookScope& scope,
                 const core::Hook& hook) {
  store::insert_event(
      tx, event_for(hook, "ping", context.now()),
      wire::ping_event({scope.owner, *scope.principal.account, context.event_urls}, hook),
      scope.principal);
}

/// Inserts the last event of a hook, `meta` with the action `deleted`. The caller has cancelled the
/// pending deliveries.
void insert_deleted_event(store::Connection& tx, const Context& context, const HookScope& scope,
                          const core::Hook& hook) {
  core::Event event = event_for(hook, "meta", context.now());
  event.action = "deleted";
  store::insert_event(
      tx, event,
      wire::meta_event({scope.owner, *scope.principal.account, context.event_urls}, hook),
      scope.principal);
}

/// Finds the hook in a transaction, calls `change`, and writes the audit row if it succeeded.
template <class Change>
auto change_hook(const Context& context, const HookScope& scope, HookId id, std::string_view action,
                 Change change) {
  using Returned = std::invoke_result_t<Change, store::Connection&, core::Hook&>;
  return context.database.write([&](store::Connection& tx) -> Returned {
    auto hook = store::find_hook(tx, context.sealer, scope.target(), id);
    if (!hook) return not_found();
    Returned changed = change(tx, *hook);
    if (changed) {
      store::insert_audit(tx, scope.principal, {action, scope.repository_id(), id.value},
                          context.now());
    }
    return changed;
  });
}

/// Saves the hook as `change` returns it, if the other hooks allow it. A hook that becomes inactive
/// holds its deliveries; one that may receive events again gets them at once.
template <class Change>
Result<core::Hook> save_hook(const Context& context, const HookScope& scope, HookId id,
                             std::string_view action, Change change) {
  auto gets_events = [](const core::Hook& hook) { return hook.active && !hook.creator.blocked; };
  bool wakes = false;
  auto saved = change_hook(context, scope, id, action,
                           [&](store::Connection& tx, core::Hook& hook) -> Result<core::Hook> {
                             const core::Hook before = hook;
                             TRY(change(hook));
                             TRY(check_others(tx, context, hook));
                             hook.updated_at = context.now();
                             store::update_hook(tx, context.sealer, hook);
                             wakes = gets_events(hook) && !gets_events(before);
                             if (wakes) store::restart_hook(tx, id, context.now());
                             if (before.active && !hook.active) store::hold_deliveries(tx, id);
                             return *store::find_hook(tx, context.sealer, scope.target(), id);
                           });
  if (saved && wakes) context.events_committed();
  return saved;
}

}  // namespace

Result<core::Hook> create_hook(const Context& context, const HookScope& scope,
                               const core::HookInput& input) {
  const core::Account& creator = *scope.principal.account;
  auto created = context.database.write([&](store::Connection& tx) -> Result<core::Hook> {
    core::Hook hook;
    hook.target = scope.target();
    hook.creator = {creator.id, creator.login};
    hook.created_at = hook.updated_at = context.now();
    TRY(core::apply_hook_input(hook, input));
    TRY(check_others(tx, context, hook));
    hook.id = store::insert_hook(tx, context.sealer, hook, creator.id);
    insert_ping(tx, context, scope, hook);
    store::insert_audit(tx, scope.principal, {"hook.create", scope.repository_id(), hook.id.value},
                        hook.created_at);
    return hook;
  });
  if (created) context.events_committed();
  return created;
}

Result<core::Hook> get_hook(const Context& context, const HookScope& scope, HookId id) {
  auto hook = TRY(context.database.read([&](store::Connection& db) {
    return store::find_hook(db, context.sealer, scope.target(), id);
  }));
  if (!hook) return not_found();
  return std::move(*hook);
}

Result<std::vector<core::Hook>> list_hooks(const Context& context, const HookScope& scope) {
  return context.database.read(
      [&](store::Connection& db) { return store::list_hooks(db, context.sealer, scope.target()); });
}

Result<core::Hook> update_hook(const Context& context, const HookScope& scope, HookId id,
                               const core::HookInput& input) {
  return save_hook(context, scope, id, "hook.update",
                   [&](core::Hook& hook) { return core::apply_hook_input(hook, input); });
}

Result<core::Hook> update_hook_config(const Context& context, const HookScope& scope, HookId id,
                                      const core::HookConfigChanges& changes) {
  return save_hook(context, scope, id, "hook.update",
                   [&](core::Hook& hook) { return core::apply_config_changes(hook, changes); });
}

Result<core::Hook> rotate_hook_secret(const Context& context, const HookScope& scope, HookId id,
                                      const core::SecretRotation& rotation) {
  return save_hook(context, scope, id, "hook.rotate_secret", [&](core::Hook& hook) {
    return core::rotate_secret(hook, rotation, context.now());
  });
}

Result<core::Hook> adopt_hook(const Context& context, const HookScope& scope, HookId id) {
  const core::Account& adopter = *scope.principal.account;
  return save_hook(context, scope, id, "hook.adopt", [&](core::Hook& hook) -> Result<void> {
    hook.creator = {adopter.id, adopter.login};
    return {};
  });
}

Result<void> delete_hook(const Context& context, const HookScope& scope, HookId id) {
  auto deleted = change_hook(context, scope, id, "hook.delete",
                             [&](store::Connection& tx, core::Hook& hook) -> Result<void> {
                               store::delete_hook(tx, id, context.now());
                               if (hook.active && core::wants_event(hook, "meta")) {
                                 insert_deleted_event(tx, context, scope, hook);
                               }
                               return {};
                             });
  if (deleted) context.events_committed();
  return deleted;
}

Result<void> ping_hook(const Context& context, const HookScope& scope, HookId id) {
  auto pinged = change_hook(context, scope, id, "hook.ping",
                            [&](store::Connection& tx, core::Hook& hook) -> Result<void> {
                              insert_ping(tx, context, scope, hook);
                              return {};
                            });
  if (pinged) context.events_committed();
  return pinged;
}

Result<void> test_hook(const Context& context, const RepositoryAccess& access, HookId id) {
  auto tested =
      change_hook(context, access, id, "hook.test", [&](store::Connection& tx, core::Hook& hook) {
        auto body = store::latest_push(tx, access.repository.id);
        if (body && core::wants_event(hook, "push")) {
          store::insert_event(tx, event_for(hook, "push", context.now()), *body, access.principal);
        }
        return Result<void>{};
      });
  if (tested) context.events_committed();
  return tested;
}

}  // namespace esclusa::app
