#pragma once
#include "app/access.h"
#include "core/hook.h"

namespace esclusa::app {

/// The owner of hooks, a repository or an organization, and the actor of one request. It is
/// what the hook use cases of both have in common, and is made from an access that was judged.
struct HookScope {
  // Implicit, so that callers can pass their access directly.
  HookScope(const RepositoryAccess& access) : actor(access.actor), owner(access.repository) {}
  HookScope(const OrganizationAccess& access) : actor(access.actor), owner(access.organization) {}

  core::HookTarget target() const { return core::target_of(owner); }
  /// nullopt for an organization.
  std::optional<RepositoryId> repository_id() const {
    auto* repository = std::get_if<core::Repository>(&owner);
    return repository != nullptr ? std::optional(repository->id) : std::nullopt;
  }

  core::Actor actor;
  core::HookOwner owner;
};

}  // namespace esclusa::app
