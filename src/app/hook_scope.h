#pragma once
#include "app/context.h"
#include "core/hook.h"

namespace esclusa::app {

/// One request's principal among the hooks of a repository or an organization: what the use cases
/// of both have in common. It is made from an access, which was judged.
struct HookScope {
  // Implicit, because an access is all that they need.
  HookScope(const RepositoryAccess& access)
      : principal(access.principal), owner(access.repository) {}
  HookScope(const OrganizationAccess& access)
      : principal(access.principal), owner(access.organization) {}

  core::HookTarget target() const { return core::target_of(owner); }
  /// Nothing for an organization.
  std::optional<RepositoryId> repository_id() const {
    auto* repository = std::get_if<core::Repository>(&owner);
    return repository != nullptr ? std::optional(repository->id) : std::nullopt;
  }

  core::Principal principal;
  core::HookOwner owner;
};

}  // namespace esclusa::app
