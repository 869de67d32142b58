#pragma once
#include <git2.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "git/repository.h"

namespace esclusa::git {

/// Counts the commits that only one of two commits has behind it. `unavailable` if a commit on the
/// way cannot be read, as in a shallow repository. `ahead_shas` takes the commits of the head
/// alone, in no order.
Result<Distance> measure_distance(git_repository* repository, const git_oid& base,
                                  const git_oid& head,
                                  std::vector<std::string>* ahead_shas = nullptr);

}  // namespace esclusa::git
