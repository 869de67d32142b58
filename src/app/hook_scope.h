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

  /// The hook of an app is changed as by its bot, whoever asks: the app itself by its JWT, or the
  /// local administrator.
  HookScope(const core::Actor& actor, const core::App& app)
      : actor(actor.on_behalf_of(app.bot)), owner(app) {}

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
