#pragma once
#include <optional>
#include <unordered_map>
#include <utility>

#include "app/access.h"
#include "store/repositories.h"

namespace esclusa::app {

/// Repositories with an actor's role, each looked up once, for lists over many repositories. One
/// snapshot, one thread.
class SeenRepositories {
 public:
  SeenRepositories(Reader& db, const core::Actor& actor) : db_(db), actor_(actor) {}

  struct Seen {
    core::Repository repository;
    core::Role granted = core::Role::none;
  };
  /// Null if there is no such repository. The caller judges what the actor may see of it.
  const Seen* find(RepositoryId id) {
    auto [place, is_new] = seen_.try_emplace(id);
    if (is_new) place->second = look_up(id);
    return place->second ? &*place->second : nullptr;
  }

 private:
  std::optional<Seen> look_up(RepositoryId id) {
    auto repository = store::find_repository(db_, id);
    if (!repository) return std::nullopt;
    const core::Role granted = granted_role(db_, actor_, *repository);
    return Seen{*std::move(repository), granted};
  }

  Reader& db_;
  const core::Actor& actor_;
  std::unordered_map<RepositoryId, std::optional<Seen>> seen_;
};

}  // namespace esclusa::app
