#pragma once
#include <span>

#include "api/routes.h"

/// The parts of the route table. The first route that fits a path serves it, in this order: so
/// `/commits/{ref...}`, which takes slashes, comes behind all that is below it.
namespace esclusa::api {

std::span<const Route> routes_of_deployments();
std::span<const Route> routes_of_hooks();
std::span<const Route> routes_of_people();
std::span<const Route> routes_of_code();
std::span<const Route> routes_of_server();

}  // namespace esclusa::api
