#pragma once
#include <string>

#include "base/error.h"
#include "git/repository.h"

namespace esclusa::git {

/// Whether one of the repository's work trees is on the branch, or puts it back or moves it when a
/// rebase or a bisection ends that began there: such a branch must not be moved. `branch` is a full
/// name. Every work tree counts, also one whose folder is gone; `unavailable` if a file of theirs
/// cannot be read.
Result<bool> is_checked_out(const Repository& repository, const std::string& branch);

}  // namespace esclusa::git
