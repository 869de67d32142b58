#pragma once
#include <span>

#include "app/context.h"
#include "core/ref_intent.h"
#include "core/repository.h"
#include "git/repository.h"

namespace esclusa::app {

/// In a repository that `repo create` made, HEAD may name a branch that the first push did not
/// create. Then HEAD is set to a branch that was pushed, as on GitHub. Returns the repository with
/// its present default branch.
core::Repository follow_first_push(const Context& context, const git::Repository& git,
                                   core::Repository repository,
                                   std::span<const core::RefIntent> pushed);

}  // namespace esclusa::app
