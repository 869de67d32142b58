#pragma once
#include "app/access.h"
#include "core/hook.h"

namespace esclusa::app {

/// The owner of hooks, a repository, an organization or an app, and the actor of one request. It is
/// what the hook use cases of both have in common, and is made from an access that was judged.
struct HookScope {
  // Implicit, so that callers can pass their access directly.
  HookScope(const RepositoryAccess& access) : actor(access.actor), owner(access.repository) {}
  HookScope(const OrganizationAccess& access) : actor(access.actor), owner(access.organization) {}

  /// For an app's own hook. It changes it as its bot.
  explicit HookScope(const core::Actor& app)
      : actor(app.on_behalf_of(app.app()->bot)), owner(*app.app()) {}

  core::HookTarget target() const { return core::target_of(owner); }
  /// nullopt unless they are a repository's.
  std::optional<RepositoryId> repository_id() const {
    auto* repository = std::get_if<core::Repository>(&owner);
    return repository != nullptr ? std::optional(repository->id) : std::nullopt;
  }

  core::Actor actor;
  core::HookOwner owner;
};

}  // namespace esclusa::app
