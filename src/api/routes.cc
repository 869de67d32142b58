#include "api/routes.h"

#include <string>

#include "api/route_tables.h"
#include "base/check.h"

namespace esclusa::api {

std::span<const Route> routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> table;
    for (const auto part : {routes_of_deployments(), routes_of_hooks(), routes_of_people(),
                            routes_of_code(), routes_of_server()}) {
      table.insert(table.end(), part.begin(), part.end());
    }
    return table;
  }();
  return all;
}

void check_routes(std::span<const Route> table) {
  for (const Route& route : table) {
    auto is_below = [&](std::string_view ours) {
      return route.pattern.starts_with(ours) ||
             route.pattern.starts_with(ours.substr(std::string_view("/esclusa").size()));
    };
    const bool in_repository = route.audience == Audience::repository;
    const bool in_organization = route.audience == Audience::organization;
    const bool is_judged = in_repository || in_organization;
    const bool may_judge = is_judged || route.audience == Audience::account;
    const bool names_scopes = !route.requirement.scopes.empty();
    // A list that contains only what the caller may read demands no scope.
    const bool is_list = route.audience == Audience::viewer && route.method == "GET";
    if (in_repository != is_below("/esclusa/repos/{owner}/{repo}") ||
        (in_organization != is_below("/esclusa/orgs/{org}/") && !is_list) ||
        (is_judged && !names_scopes) || (names_scopes && !may_judge)) {
      bug("the route declares no scope, or one that nobody checks: " + std::string(route.method) +
          " " + std::string(route.pattern));
    }
  }
}

}  // namespace esclusa::api
