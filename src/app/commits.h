#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "core/commit.h"
#include "git/repository.h"

/// Commits as paths and bodies name them.
namespace esclusa::app {

/// Whether it has no branch.
Result<bool> is_empty(const git::Repository& git);

/// `conflict` with GitHub's `Git Repository is empty.`
std::unexpected<Error> repository_empty();
/// What GitHub answers about git's own data that is not there: `conflict` if the repository is
/// empty, else `not_found`.
std::unexpected<Error> nothing_there(const git::Repository& git);

/// What the ref in a path is: looked up as for a deployment, but `heads/x`, `tags/x`, and `HEAD`
/// for the default branch, will do as well. `conflict` (`default_branch_missing`) for `HEAD` if the
/// default branch is not there, and other branches are.
Result<std::optional<core::ResolvedRef>> resolve_in_path(const git::Repository& git,
                                                         const core::Repository& repository,
                                                         const std::string& ref);

/// The SHA of the commit that a path names; `not_found` if there is none.
Result<std::string> find_commit(const RepositoryAccess& access, const std::string& ref);

/// The commit of that full SHA, in lower case; `invalid` with GitHub's `No commit found for SHA`.
Result<std::string> require_commit(const RepositoryAccess& access, const std::string& sha);

/// Gives each author and committer the account that the address belongs to.
Result<void> find_accounts(const Context& context, const std::vector<core::Signature*>& people);

}  // namespace esclusa::app
