#pragma once
#include <string>

#include "app/context.h"
#include "core/new_environment.h"

namespace esclusa::app {

/// Chooses what the repository does with deployments to environments that are not there.
/// `not_found`.
Result<void> choose_new_environments(const Context& context, const core::Principal& principal,
                                     const std::string& owner, const std::string& name,
                                     core::NewEnvironments policy);

}  // namespace esclusa::app
