#pragma once
#include <git2.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "git/limits.h"
#include "git/repository.h"

namespace esclusa::git {

/// Counts the commits that are reachable from only one of the two. `unavailable` if a commit on the
/// way cannot be read, as in a shallow repository; `invalid`, `history_too_long`, if more than
/// `walked_max` commits lie on the way. `ahead_shas` receives the commits of the head only,
/// unordered.
Result<Distance> measure_distance(git_repository* repository, const git_oid& base,
                                  const git_oid& head,
                                  std::vector<std::string>* ahead_shas = nullptr,
                                  size_t walked_max = limits::walked_commits);

/// The best common ancestor; nothing if there is none. `unavailable` if one of the two, or a commit
/// on the way, cannot be read.
Result<std::optional<git_oid>> find_merge_base(git_repository* repository, const git_oid& one,
                                               const git_oid& other);

}  // namespace esclusa::git
