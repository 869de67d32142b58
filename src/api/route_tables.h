#pragma once
#include <span>

#include "api/routes.h"

/// The parts of the route table, and what they share. The first route that fits a path serves it,
/// in this order: so
/// `/commits/{ref...}`, which takes slashes, comes behind all that is below it.
#define ESCLUSA "/esclusa"
#define REPOSITORY "/repos/{owner}/{repo}"

namespace esclusa::api {

/// Of what is neither a deployment nor a status.
inline const core::Scopes code_scopes{core::Scope::repo, core::Scope::public_repo};

std::span<const Route> routes_of_deployments();
std::span<const Route> routes_of_hooks();
std::span<const Route> routes_of_people();
std::span<const Route> routes_of_code();
std::span<const Route> routes_of_server();

}  // namespace esclusa::api
