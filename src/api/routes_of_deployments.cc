#include "api/route_tables.h"

#include "api/check_runs.h"
#include "api/commit_statuses.h"
#include "api/deployments.h"
#include "api/environments.h"
#include "api/reviews.h"
#include "api/statuses.h"

/// Routes of deployments and of what decides about them: environments, gates, statuses, check runs.
namespace esclusa::api {
namespace {

using core::Role;
using core::Scope;
using core::Scopes;

const Scopes deployment_scopes{Scope::repo, Scope::repo_deployment, Scope::public_repo};
const Scopes status_scopes{Scope::repo, Scope::repo_status, Scope::public_repo};
constexpr std::string_view reads_deployments = "repo, repo_deployment";
constexpr std::string_view reads_statuses = "repo, repo:status";

#define DEPLOYMENT REPOSITORY "/deployments/{deployment_id}"
#define ENVIRONMENT REPOSITORY "/environments/{environment_name}"
#define BRANCH_POLICY ENVIRONMENT "/deployment-branch-policies/{branch_policy_id}"
#define RUN REPOSITORY "/actions/runs/{run_id}"
#define CHECK_RUN REPOSITORY "/check-runs/{check_run_id}"
#define CHECK_SUITE REPOSITORY "/check-suites/{check_suite_id}"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/deployments", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no, "deployments/deployments#list-deployments", list_deployments},
    {"POST", REPOSITORY "/deployments", Audience::repository, {Role::write, deployment_scopes},
     "", Waits::yes, "deployments/deployments#create-a-deployment", create_deployment},
    {"GET", DEPLOYMENT, Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no, "deployments/deployments#get-a-deployment", get_deployment},
    {"DELETE", DEPLOYMENT, Audience::repository, {Role::write, deployment_scopes},
     "", Waits::yes, "deployments/deployments#delete-a-deployment", delete_deployment},

    {"GET", DEPLOYMENT "/statuses", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no, "deployments/statuses#list-deployment-statuses",
     list_statuses},
    {"POST", DEPLOYMENT "/statuses", Audience::repository, {Role::write, deployment_scopes},
     "", Waits::yes, "deployments/statuses#create-a-deployment-status", create_status},
    {"GET", DEPLOYMENT "/statuses/{status_id}", Audience::repository,
     {Role::read, deployment_scopes}, reads_deployments, Waits::no,
     "deployments/statuses#get-a-deployment-status", get_status},

    {"GET", REPOSITORY "/environments", Audience::repository, {Role::read, code_scopes}, "",
     Waits::no, "deployments/environments#list-environments", list_environments},
    {"GET", ENVIRONMENT, Audience::repository, {Role::read, code_scopes}, "", Waits::no,
     "deployments/environments#get-an-environment", get_environment},
    {"PUT", ENVIRONMENT, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "deployments/environments#create-or-update-an-environment", put_environment},
    {"DELETE", ENVIRONMENT, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "deployments/environments#delete-an-environment", delete_environment},
    {"GET", ENVIRONMENT "/deployment-branch-policies", Audience::repository,
     {Role::read, code_scopes}, "", Waits::no,
     "deployments/branch-policies#list-deployment-branch-policies", list_branch_policies},
    {"POST", ENVIRONMENT "/deployment-branch-policies", Audience::repository,
     {Role::admin, code_scopes}, "", Waits::yes,
     "deployments/branch-policies#create-a-deployment-branch-policy", create_branch_policy},
    {"GET", BRANCH_POLICY, Audience::repository, {Role::read, code_scopes}, "", Waits::no,
     "deployments/branch-policies#get-a-deployment-branch-policy", get_branch_policy},
    {"PUT", BRANCH_POLICY, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "deployments/branch-policies#update-a-deployment-branch-policy", update_branch_policy},
    {"DELETE", BRANCH_POLICY, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "deployments/branch-policies#delete-a-deployment-branch-policy", delete_branch_policy},

    // A run is a deployment here. Reviewers are not a role, so `app` judges who may review. A
    // token that may only create deployments must not open their gates.
    {"GET", RUN "/pending_deployments", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no,
     "actions/workflow-runs#get-pending-deployments-for-a-workflow-run",
     list_pending_deployments},
    {"POST", RUN "/pending_deployments", Audience::repository,
     {Role::read, code_scopes, true}, "", Waits::yes,
     "actions/workflow-runs#review-pending-deployments-for-a-workflow-run",
     review_pending_deployments, deployment_scopes},
    {"GET", RUN "/approvals", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no,
     "actions/workflow-runs#get-the-review-history-for-a-workflow-run", list_approvals},
    {"GET", ESCLUSA DEPLOYMENT "/gates", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::no, "", get_gates},
    {"POST", ESCLUSA DEPLOYMENT "/bypass", Audience::repository,
     {Role::admin, code_scopes}, "", Waits::yes, "", bypass_gates, deployment_scopes},
    {"POST", ESCLUSA REPOSITORY "/deployments/dry_run", Audience::repository,
     {Role::write, deployment_scopes}, "", Waits::yes, "", dry_run},

    {"POST", REPOSITORY "/statuses/{sha}", Audience::repository, {Role::write, status_scopes},
     "", Waits::yes, "commits/statuses#create-a-commit-status", create_commit_status},
    {"GET", REPOSITORY "/statuses/{ref...}", Audience::repository, {Role::read, status_scopes},
     reads_statuses, Waits::yes, "commits/statuses#list-commit-statuses-for-a-reference",
     list_commit_statuses},
    {"GET", REPOSITORY "/commits/{ref...}/statuses", Audience::repository,
     {Role::read, status_scopes}, reads_statuses, Waits::yes,
     "commits/statuses#list-commit-statuses-for-a-reference", list_commit_statuses},
    {"GET", REPOSITORY "/commits/{ref...}/status", Audience::repository,
     {Role::read, status_scopes}, reads_statuses, Waits::yes,
     "commits/statuses#get-the-combined-status-for-a-specific-reference", get_combined_status},

    {"GET", REPOSITORY "/commits/{ref...}/check-runs", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes,
     "checks/runs#list-check-runs-for-a-git-reference", list_check_runs},
    {"GET", REPOSITORY "/commits/{ref...}/check-suites", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes,
     "checks/suites#list-check-suites-for-a-git-reference", list_check_suites},
    {"GET", CHECK_SUITE, Audience::repository, {Role::read, code_scopes}, "repo", Waits::yes,
     "checks/suites#get-a-check-suite", get_check_suite},
    {"GET", CHECK_SUITE "/check-runs", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "checks/runs#list-check-runs-in-a-check-suite", list_check_runs_in_suite},
    {"POST", REPOSITORY "/check-runs", Audience::repository, {Role::write, code_scopes}, "",
     Waits::yes, "checks/runs#create-a-check-run", create_check_run},
    {"GET", CHECK_RUN, Audience::repository, {Role::read, code_scopes}, "repo", Waits::no,
     "checks/runs#get-a-check-run", get_check_run},
    {"PATCH", CHECK_RUN, Audience::repository, {Role::write, code_scopes}, "", Waits::yes,
     "checks/runs#update-a-check-run", update_check_run},
    {"GET", CHECK_RUN "/annotations", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "checks/runs#list-check-run-annotations", list_annotations},
};
// clang-format on

}  // namespace

std::span<const Route> routes_of_deployments() { return table; }

}  // namespace esclusa::api
