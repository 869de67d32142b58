#pragma once
#include "app/access.h"
#include "core/ref.h"
#include "git/repository.h"

/// The default branch of a repository. In a bare repository it is the branch that HEAD points to,
/// unless somebody has set another; so it can differ from the branch stored at registration.
namespace esclusa::app {

/// Returns the repository with the present name of its default branch. If the default branch
/// follows HEAD, and HEAD points to another branch than before, stores the new name. While HEAD
/// cannot be read, or names a branch without a commit, the last name stays. Reads files, and may
/// write: never call it in a transaction.
core::Repository follow_head(const Context& context, core::Repository repository);
RepositoryAccess follow_head(const Context& context, const RepositoryAccess& access);

/// The latest commit of the present default branch. `conflict` (`default_branch_missing`) with a
/// sentence that says why there is none and what to do: the branch does not exist, or the followed
/// HEAD is missing, detached, or points to a branch without a commit.
Result<core::ResolvedRef> find_default_branch(const git::Repository& git,
                                              const core::Repository& repository);

/// Refuses (`invalid`) a default branch that does not exist.
Result<void> check_branch_exists(const core::Repository& repository, const std::string& branch);

}  // namespace esclusa::app
