#pragma once
#include <git2.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "git/repository.h"

namespace esclusa::git {

/// Counts the commits that are reachable from only one of the two. `unavailable` if a commit on the
/// way cannot be read, as in a shallow repository. `ahead_shas` receives the commits of the head
/// only, unordered.
Result<Distance> measure_distance(git_repository* repository, const git_oid& base,
                                  const git_oid& head,
                                  std::vector<std::string>* ahead_shas = nullptr);

/// The best common ancestor; nothing if there is none. `unavailable` if one of the two, or a commit
/// on the way, cannot be read.
Result<std::optional<git_oid>> find_merge_base(git_repository* repository, const git_oid& one,
                                               const git_oid& other);

}  // namespace esclusa::git
