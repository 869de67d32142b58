#pragma once
#include <string>

#include "app/access.h"
#include "core/ref.h"
#include "git/repository.h"

/// Merges that a deployment requests, made in the repository itself.
namespace esclusa::app {

/// Merges the commit `other_sha` of the default branch into `branch`, which `ref` names. Stores an
/// intent before the branch moves, and settles it after. Errors: `conflict` with GitHub's text if
/// the merge has conflicts, the branch moved meanwhile, or a work tree has it checked out.
Result<void> merge_into_branch(const Context& context, const RepositoryAccess& access,
                               const std::string& ref, const core::ResolvedRef& branch,
                               const std::string& other_sha);

/// Checks whether that merge would succeed now. Returns the errors of merge_into_branch, except
/// those of a push that comes in between. Writes nothing.
Result<void> check_mergeable(const git::Repository& git, const core::Repository& repository,
                             const std::string& ref, const core::ResolvedRef& branch,
                             const std::string& other_sha);

}  // namespace esclusa::app
