#pragma once
#include <git2.h>

#include "base/error.h"
#include "git/repository.h"

namespace esclusa::git {

/// Counts the commits that only one of two commits has behind it. `unavailable` if a commit on the
/// way cannot be read, as in a shallow repository.
Result<Distance> measure_distance(git_repository* repository, const git_oid& base,
                                  const git_oid& head);

}  // namespace esclusa::git
