#pragma once
#include <span>

#include "api/routes.h"

/// The parts of the route table, and what they share. The first route that matches a path serves
/// it, in this order. So `/commits/{ref...}`, which takes slashes, comes after all routes below it.
#define ESCLUSA "/esclusa"
#define REPOSITORY "/repos/{owner}/{repo}"

namespace esclusa::api {

/// The scopes of routes that are about neither deployments nor statuses.
inline const core::Scopes code_scopes{core::Scope::repo, core::Scope::public_repo};

std::span<const Route> routes_of_deployments();
std::span<const Route> routes_of_hooks();
std::span<const Route> routes_of_people();
std::span<const Route> routes_of_code();
std::span<const Route> routes_of_server();

}  // namespace esclusa::api
