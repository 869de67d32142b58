#include "api/routes.h"

#include <string>

#include "api/route_tables.h"
#include "base/check.h"

namespace esclusa::api {

std::span<const Route> routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> table;
    // The first route that fits a path serves it. `/commits/{ref...}` takes slashes, so code comes
    // behind whatever else is below `/commits/`.
    for (const auto part : {deployments_routes(),
                            deployment_statuses_routes(),
                            environments_routes(),
                            environment_secrets_routes(),
                            custom_rules_routes(),
                            reviews_routes(),
                            commit_statuses_routes(),
                            check_runs_routes(),
                            hooks_routes(),
                            hook_deliveries_routes(),
                            event_deliveries_routes(),
                            live_routes(),
                            stats_routes(),
                            members_routes(),
                            teams_routes(),
                            collaborators_routes(),
                            deploy_keys_routes(),
                            repeats_routes(),
                            repositories_routes(),
                            git_data_routes(),
                            code_routes(),
                            archives_routes(),
                            backup_routes(),
                            empty_lists_routes(),
                            search_routes(),
                            workflow_runs_routes(),
                            feed_routes(),
                            audit_routes(),
                            agents_routes(),
                            deployment_logs_routes(),
                            claims_routes(),
                            claim_secrets_routes(),
                            meta_routes(),
                            users_routes(),
                            repository_lists_routes(),
                            rate_limit_answers_routes(),
                            openapi_routes(),
                            apps_routes(),
                            administration_routes(),
                            app_administration_routes(),
                            agent_administration_routes(),
                            doctor_routes(),
                            retention_routes(),
                            ssh_door_routes()}) {
      table.insert(table.end(), part.begin(), part.end());
    }
    return table;
  }();
  return all;
}

void check_routes(std::span<const Route> table) {
  using core::Audience;
  for (const Route& route : table) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    if (route.operation == nullptr) bug("the route has no operation: " + name);
    const Audience audience = route.operation->audience;
    auto is_below = [&](std::string_view ours) {
      return route.pattern.starts_with(ours) ||
             route.pattern.starts_with(ours.substr(std::string_view("/esclusa").size()));
    };
    const bool is_of_app = audience == Audience::app;  // it finds its own installations there
    const bool in_repository = audience == Audience::repository;
    const bool in_organization = audience == Audience::organization;
    const bool is_judged = in_repository || in_organization;
    const bool may_judge = is_judged || audience == Audience::account;
    const bool names_scopes = !route.operation->scopes.empty();
    // A list that contains only what the caller may read demands no scope.
    const bool is_list = audience == Audience::viewer && route.method == "GET";
    if ((in_repository != is_below("/esclusa/repos/{owner}/{repo}") && !is_of_app) ||
        (in_organization != is_below("/esclusa/orgs/{org}/") && !is_list && !is_of_app) ||
        (is_judged && !names_scopes) || (names_scopes && !may_judge)) {
      bug("the route declares no scope, or one that nobody checks: " + name);
    }
  }
}

}  // namespace esclusa::api
