#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/access.h"
#include "core/commit.h"
#include "git/repository.h"

/// Finds commits by the refs and SHAs that paths and bodies contain.
namespace esclusa::app {

/// Whether the repository has no branch.
Result<bool> is_empty(const git::Repository& git);

/// `conflict` with GitHub's `Git Repository is empty.`
std::unexpected<Error> repository_empty();
/// GitHub's answer for git data that does not exist: `conflict` if the repository is empty, else
/// `not_found`.
std::unexpected<Error> git_data_not_found(const git::Repository& git);

/// Resolves a ref from a path as for a deployment, and accepts `heads/x`, `tags/x`, and `HEAD` for
/// the default branch. For `HEAD`: `conflict` (`default_branch_missing`) if the default branch does
/// not exist, but other branches do.
Result<std::optional<core::ResolvedRef>> resolve_in_path(const git::Repository& git,
                                                         const core::Repository& repository,
                                                         const std::string& ref);

/// The SHA of the commit that a ref in a path names; `not_found` if there is none.
Result<std::string> find_commit(const RepositoryAccess& access, const std::string& ref);

/// The full SHA in lower case, if it is a commit; `invalid` with GitHub's `No commit found for
/// SHA`.
Result<std::string> require_commit(const RepositoryAccess& access, const std::string& sha);

/// Sets the account of each author and committer whose email address belongs to one.
Result<void> find_accounts(const Context& context, const std::vector<core::Signature*>& people);

}  // namespace esclusa::app
