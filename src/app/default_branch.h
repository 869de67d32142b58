#pragma once
#include "app/context.h"
#include "core/ref.h"
#include "git/repository.h"

/// The default branch of a repository, which is not always what was stored at its registration:
/// that of a bare repository is the one that HEAD points to, unless somebody has set another.
namespace esclusa::app {

/// The repository with the name of its default branch as it is now. If it follows HEAD, and HEAD
/// points to another branch than before, the new name is stored. While HEAD cannot be read, or
/// names no branch that has a commit, the last name stays. Reads one small file; never in a
/// transaction.
core::Repository follow_head(const Context& context, core::Repository repository);
RepositoryAccess follow_head(const Context& context, const RepositoryAccess& access);

/// The latest commit of the default branch as it is now. `conflict` (`default_branch_missing`) with
/// a sentence that says why there is none and what to do: the branch is not there, or HEAD, which
/// is followed, is missing, detached, or points to a branch without a commit.
Result<core::ResolvedRef> find_default_branch(const git::Repository& git,
                                              const core::Repository& repository);

/// Refuses (`invalid`) what cannot be set as the default branch, since no branch bears the name.
Result<void> check_branch_exists(const core::Repository& repository, const std::string& branch);

}  // namespace esclusa::app
