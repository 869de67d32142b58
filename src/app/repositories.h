#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "core/actor.h"
#include "core/administration.h"
#include "core/repository_change.h"

/// Registers, examines, changes and removes repositories.
namespace esclusa::app {

struct NewRepository {
  std::string owner;
  std::string name;
  std::string path;  ///< an existing repository; empty: make a bare one
  bool writable = false;
  core::Visibility visibility = core::Visibility::is_private;
  std::optional<core::MergePolicy> auto_merge;  ///< default: merge if writable, else ignore
  std::vector<std::string> alternates = {};     ///< object folders that it may borrow from
};

/// Registers an existing repository or makes one. An owner that does not exist is created as an
/// organization. Errors of the folder are those of git::inspect.
Result<core::Registration> create_repository(const Context& context, const core::Actor& actor,
                                             const NewRepository& input);

/// Examines all registered repositories: whether each can be read, can be written if it is
/// writable, and uses only the declared alternates. Waits for the disk.
Result<std::vector<core::RepositoryHealth>> list_repositories(const Context& context);

/// Changes the registration; the caller has judged the access. Changes nothing in git. `not_found`,
/// `invalid_name`, `repository_exists`, `invalid_branch`, `not_bare`, `not_writable`,
/// `changed_meanwhile`, or an error of git::inspect.
Result<core::Registration> update_repository(const Context& context, const core::Actor& actor,
                                             RepositoryId id,
                                             const core::RepositoryChange& changes);
Result<core::Registration> update_repository(const Context& context, const core::Actor& actor,
                                             const std::string& owner, const std::string& name,
                                             const core::RepositoryChange& changes);

/// Removes the registration: its routes are 404 for everybody, held deployments end with `failure`,
/// its hooks and deploy keys are deleted, its pending `deployment` events are cancelled, and its
/// name is free. Ids, rows and the folder stay.
Result<core::Removal> remove_repository(const Context& context, const core::Actor& actor,
                                        const std::string& owner, const std::string& name);

/// Finds the repository; `repository_not_found`, with a text for the machine's administrator.
Result<core::Repository> require_repository(Reader& db, const std::string& owner,
                                            const std::string& name);

}  // namespace esclusa::app
