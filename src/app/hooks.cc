#include "app/hooks.h"

#include "app/change.h"
#include "store/events.h"
#include "store/hook_health.h"
#include "store/hooks.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

Result<void> check_others(Change& change, const core::Hook& hook) {
  return core::check_other_hooks(
      hook, store::list_hooks(change.rows, change.context.sealer, hook.target));
}

/// An event for that hook only.
core::Event event_for(const Change& change, const core::Hook& hook, std::string kind,
                      std::string action = {}) {
  std::optional<RepositoryId> repository;
  if (auto* id = std::get_if<RepositoryId>(&hook.target)) repository = *id;
  core::Event event = change.new_event(repository, std::move(kind), std::move(action));
  event.only_hook = hook.id;
  return event;
}

wire::HookEventContext event_context(const Change& change, const HookScope& scope) {
  return {scope.owner, change.actor.sender(), change.context.event_urls};
}

void insert_ping(Change& change, const HookScope& scope, const core::Hook& hook) {
  change.raise(event_for(change, hook, "ping"),
               wire::ping_event(event_context(change, scope), hook));
}

/// Inserts the last event of a hook, `meta` with the action `deleted`. The caller has cancelled the
/// pending deliveries.
void insert_deleted_event(Change& change, const HookScope& scope, const core::Hook& hook) {
  change.raise(event_for(change, hook, "meta", "deleted"),
               wire::meta_event(event_context(change, scope), hook));
}

/// Finds the hook in a transaction, calls `work`, and writes the audit row if it succeeded.
template <class Work>
auto change_hook(const Context& context, const HookScope& scope, HookId id, std::string_view action,
                 Work work) {
  using Returned = std::invoke_result_t<Work, Change&, core::Hook&>;
  return change(context, scope.actor, [&](Change& change) -> Returned {
    auto hook = store::find_hook(change.rows, context.sealer, scope.target(), id);
    if (!hook) return not_found();
    Returned changed = work(change, *hook);
    if (changed) change.audit({action, scope.repository_id(), id.value});
    return changed;
  });
}

/// Saves the hook as `work` changes it, if the other hooks allow it. A hook that becomes inactive
/// holds its deliveries; one that may receive events again gets them at once.
template <class Work>
Result<core::Hook> save_hook(const Context& context, const HookScope& scope, HookId id,
                             std::string_view action, Work work) {
  auto gets_events = [](const core::Hook& hook) { return hook.active && !hook.creator.blocked; };
  return change_hook(context, scope, id, action,
                     [&](Change& change, core::Hook& hook) -> Result<core::Hook> {
                       const core::Hook before = hook;
                       TRY(work(change, hook));
                       TRY(check_others(change, hook));
                       hook.updated_at = change.now;
                       store::update_hook(change.rows, context.sealer, hook);
                       if (gets_events(hook) && !gets_events(before)) {
                         store::restart_hook(change.rows, id, change.now);
                         change.touch_deliveries();
                       }
                       if (before.active && !hook.active) store::hold_deliveries(change.rows, id);
                       return *store::find_hook(change.rows, context.sealer, scope.target(), id);
                     });
}

}  // namespace

Result<core::Hook> create_hook(const Context& context, const HookScope& scope,
                               const core::HookInput& input) {
  const core::Account& creator = scope.actor.sender();
  return change(context, scope.actor, [&](Change& change) -> Result<core::Hook> {
    core::Hook hook;
    hook.target = scope.target();
    hook.creator = {creator.id, creator.login};
    hook.created_at = hook.updated_at = change.now;
    TRY(core::apply_hook_input(hook, input));
    TRY(check_others(change, hook));
    hook.id = store::insert_hook(change.rows, context.sealer, hook, creator.id);
    insert_ping(change, scope, hook);
    change.audit({"hook.create", scope.repository_id(), hook.id.value});
    return hook;
  });
}

Result<core::Hook> get_hook(const Context& context, Reader& db, const HookScope& scope, HookId id) {
  auto hook = store::find_hook(db, context.sealer, scope.target(), id);
  if (!hook) return not_found();
  return std::move(*hook);
}

Result<std::vector<core::Hook>> list_hooks(const Context& context, Reader& db,
                                           const HookScope& scope) {
  return store::list_hooks(db, context.sealer, scope.target());
}

Result<core::Hook> update_hook(const Context& context, const HookScope& scope, HookId id,
                               const core::HookInput& input) {
  return save_hook(context, scope, id, "hook.update",
                   [&](Change&, core::Hook& hook) { return core::apply_hook_input(hook, input); });
}

Result<core::Hook> update_hook_config(const Context& context, const HookScope& scope, HookId id,
                                      const core::HookConfigChanges& changes) {
  return save_hook(context, scope, id, "hook.update", [&](Change&, core::Hook& hook) {
    return core::apply_config_changes(hook, changes);
  });
}

Result<core::Hook> rotate_hook_secret(const Context& context, const HookScope& scope, HookId id,
                                      const core::SecretRotation& rotation) {
  return save_hook(context, scope, id, "hook.rotate_secret", [&](Change& change, core::Hook& hook) {
    return core::rotate_secret(hook, rotation, change.now);
  });
}

Result<core::Hook> adopt_hook(const Context& context, const HookScope& scope, HookId id) {
  const core::Account& adopter = scope.actor.sender();
  return save_hook(context, scope, id, "hook.adopt",
                   [&](Change&, core::Hook& hook) -> Result<void> {
                     hook.creator = {adopter.id, adopter.login};
                     return {};
                   });
}

Result<void> delete_hook(const Context& context, const HookScope& scope, HookId id) {
  return change_hook(context, scope, id, "hook.delete",
                     [&](Change& change, core::Hook& hook) -> Result<void> {
                       store::delete_hook(change.rows, id, change.now);
                       if (hook.active && core::wants_event(hook, "meta")) {
                         insert_deleted_event(change, scope, hook);
                       }
                       return {};
                     });
}

Result<void> ping_hook(const Context& context, const HookScope& scope, HookId id) {
  return change_hook(context, scope, id, "hook.ping",
                     [&](Change& change, core::Hook& hook) -> Result<void> {
                       insert_ping(change, scope, hook);
                       return {};
                     });
}

Result<void> test_hook(const Context& context, const RepositoryAccess& access, HookId id) {
  return change_hook(context, access, id, "hook.test",
                     [&](Change& change, core::Hook& hook) -> Result<void> {
                       auto body = store::latest_push(change.rows, access.repository.id);
                       if (body && core::wants_event(hook, "push")) {
                         change.raise(event_for(change, hook, "push"), *body);
                       }
                       return {};
                     });
}

}  // namespace esclusa::app
