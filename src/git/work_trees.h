#pragma once
#include <string>

#include "base/error.h"
#include "git/repository.h"

namespace esclusa::git {

/// Whether a work tree has the branch checked out, or will restore or move it at the end of a
/// rebase or bisection: such a branch must not be moved. `branch` is a full name. Every work tree
/// counts, even if its folder is gone. `unavailable` if one of their files cannot be read.
Result<bool> is_checked_out(const Repository& repository, const std::string& branch);

}  // namespace esclusa::git
