#pragma once
#include <span>

#include "api/routes.h"

/// The parts of the route table, each beside its handlers, and what they share.
#define ESCLUSA "/esclusa"
#define REPOSITORY "/repos/{owner}/{repo}"
#define DEPLOYMENT REPOSITORY "/deployments/{deployment_id}"
#define RUN REPOSITORY "/actions/runs/{run_id}"

namespace esclusa::core::operations {}

namespace esclusa::api {

namespace operations = core::operations;
using http::Lane;

/// `X-Accepted-OAuth-Scopes` of whatever shows deployments.
inline constexpr std::string_view reads_deployments = "repo, repo_deployment";

std::span<const Route> administration_routes();
std::span<const Route> agent_administration_routes();
std::span<const Route> agents_routes();
std::span<const Route> app_administration_routes();
std::span<const Route> apps_routes();
std::span<const Route> archives_routes();
std::span<const Route> audit_routes();
std::span<const Route> backup_routes();
std::span<const Route> check_runs_routes();
std::span<const Route> claim_secrets_routes();
std::span<const Route> claims_routes();
std::span<const Route> code_routes();
std::span<const Route> collaborators_routes();
std::span<const Route> commit_statuses_routes();
std::span<const Route> deploy_keys_routes();
std::span<const Route> doctor_routes();
std::span<const Route> deployment_logs_routes();
std::span<const Route> deployment_statuses_routes();
std::span<const Route> deployments_routes();
std::span<const Route> empty_lists_routes();
std::span<const Route> environment_secrets_routes();
std::span<const Route> environments_routes();
std::span<const Route> custom_rules_routes();
std::span<const Route> event_deliveries_routes();
std::span<const Route> feed_routes();
std::span<const Route> git_data_routes();
std::span<const Route> hook_deliveries_routes();
std::span<const Route> hooks_routes();
std::span<const Route> live_routes();
std::span<const Route> stats_routes();
std::span<const Route> members_routes();
std::span<const Route> meta_routes();
std::span<const Route> openapi_routes();
std::span<const Route> rate_limit_answers_routes();
std::span<const Route> repeats_routes();
std::span<const Route> repositories_routes();
std::span<const Route> repository_lists_routes();
std::span<const Route> retention_routes();
std::span<const Route> reviews_routes();
std::span<const Route> search_routes();
std::span<const Route> ssh_door_routes();
std::span<const Route> teams_routes();
std::span<const Route> users_routes();
std::span<const Route> workflow_runs_routes();

}  // namespace esclusa::api
