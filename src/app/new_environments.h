#pragma once
#include <string>

#include "app/context.h"
#include "core/actor.h"
#include "core/new_environment.h"

namespace esclusa::app {

/// Sets whether deployments to this repository may create environments that do not exist.
/// `not_found`.
Result<void> choose_new_environments(const Context& context, const core::Actor& actor,
                                     const std::string& owner, const std::string& name,
                                     core::NewEnvironments policy);

}  // namespace esclusa::app
