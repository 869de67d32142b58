#pragma once
#include <chrono>
#include <string>

#include "app/context.h"
#include "core/ref.h"
#include "git/repository.h"

/// Merges that a deployment asks for, made in the repository itself.
namespace esclusa::app {

/// Merges the commit `other_sha` of the default branch into `branch`, which `ref` names. What is
/// to happen is written down before the branch moves, and settled after. Errors: `conflict` with
/// GitHub's text when the two do not merge, the branch moved meanwhile, or a work tree is on it.
Result<void> merge_into_branch(const Context& context, const RepositoryAccess& access,
                               const std::string& ref, const core::ResolvedRef& branch,
                               const std::string& other_sha);

/// Whether that merge could be made now: gives the errors of merge_into_branch, but cannot foresee
/// a push that comes in between. Writes nothing.
Result<void> check_mergeable(const git::Repository& git, const core::Repository& repository,
                             const std::string& ref, const core::ResolvedRef& branch,
                             const std::string& other_sha);

/// Settles what a crash left open, from the branches themselves: intents older than `age`. A
/// repository that cannot be read keeps its intents for the next time.
void settle_git_intents(const Context& context, std::chrono::microseconds age);

}  // namespace esclusa::app
