#pragma once
#include <string>

#include "app/context.h"

/// Commits as paths and bodies name them.
namespace esclusa::app {

/// The SHA of the commit that a path names: a ref as for a deployment, also `heads/x` and
/// `tags/x`. `not_found` if there is none.
Result<std::string> find_commit(const RepositoryAccess& access, const std::string& ref);

/// The commit of that full SHA, in lower case; `invalid` with GitHub's `No commit found for SHA`.
Result<std::string> require_commit(const RepositoryAccess& access, const std::string& sha);

}  // namespace esclusa::app
