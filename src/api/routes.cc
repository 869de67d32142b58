#include "api/routes.h"

#include "api/administration.h"
#include "api/check_runs.h"
#include "api/code.h"
#include "api/collaborators.h"
#include "api/commit_statuses.h"
#include "api/deploy_keys.h"
#include "api/deployment_logs.h"
#include "api/deployments.h"
#include "api/environments.h"
#include "api/feed.h"
#include "api/git_data.h"
#include "api/hook_deliveries.h"
#include "api/hooks.h"
#include "api/members.h"
#include "api/meta.h"
#include "api/openapi.h"
#include "api/rate_limit_answers.h"
#include "api/repositories.h"
#include "api/repository_lists.h"
#include "api/reviews.h"
#include "api/ssh_door.h"
#include "api/statuses.h"
#include "api/teams.h"
#include "api/users.h"
#include "base/check.h"
#include "core/feed.h"

namespace esclusa::api {
namespace {

using core::Role;
using core::Scope;
using core::Scopes;

const Scopes deployment_scopes{Scope::repo, Scope::repo_deployment, Scope::public_repo};
const Scopes feed_scopes = core::feed_requirement().scopes;
const Scopes status_scopes{Scope::repo, Scope::repo_status, Scope::public_repo};
const Scopes hook_read_scopes{Scope::repo, Scope::public_repo, Scope::read_repo_hook};
const Scopes hook_write_scopes{Scope::repo, Scope::public_repo, Scope::write_repo_hook};
const Scopes hook_admin_scopes{Scope::repo, Scope::public_repo, Scope::admin_repo_hook};
const Scopes organization_hook_scopes{Scope::admin_org_hook};
const Scopes organization_read_scopes{Scope::read_org};
const Scopes organization_write_scopes{Scope::write_org};
const Scopes organization_admin_scopes{Scope::admin_org};
const Scopes own_organization_scopes{Scope::user, Scope::read_org};
const Scopes team_repository_scopes{Scope::read_org, Scope::repo};
const Scopes invitation_scopes{Scope::repo, Scope::public_repo, Scope::repo_invite};
const Scopes code_scopes{Scope::repo, Scope::public_repo};

constexpr std::string_view reads_deployments = "repo, repo_deployment";
constexpr std::string_view reads_statuses = "repo, repo:status";
constexpr std::string_view reads_hooks =
    "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook";
constexpr std::string_view writes_hooks = "admin:repo_hook, public_repo, repo, write:repo_hook";
constexpr std::string_view reads_org = "admin:org, read:org, write:org";
constexpr std::string_view writes_org = "admin:org, write:org";
constexpr std::string_view org_hooks = "admin:org_hook";

#define ESCLUSA "/esclusa"
#define REPOSITORY "/repos/{owner}/{repo}"
#define DEPLOYMENT REPOSITORY "/deployments/{deployment_id}"
#define ENVIRONMENT REPOSITORY "/environments/{environment_name}"
#define BRANCH_POLICY ENVIRONMENT "/deployment-branch-policies/{branch_policy_id}"
#define RUN REPOSITORY "/actions/runs/{run_id}"
#define CHECK_RUN REPOSITORY "/check-runs/{check_run_id}"
#define CHECK_SUITE REPOSITORY "/check-suites/{check_suite_id}"
#define HOOK REPOSITORY "/hooks/{hook_id}"
#define ORG_HOOKS "/orgs/{org}/hooks"
#define ORG_HOOK ORG_HOOKS "/{hook_id}"
#define KEY REPOSITORY "/keys/{key_id}"
#define COLLABORATORS REPOSITORY "/collaborators"
#define COLLABORATOR COLLABORATORS "/{username}"
#define MEMBERS "/orgs/{org}/members"
#define MEMBERSHIP "/orgs/{org}/memberships/{username}"
#define TEAMS "/orgs/{org}/teams"
#define TEAM TEAMS "/{team_slug}"
#define TEAM_REPOSITORY TEAM "/repos/{owner}/{repo}"
#define ADMIN "/esclusa/admin"
#define SSH "/esclusa/ssh"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY, Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/repos#get-a-repository", get_repository},
    {"PATCH", REPOSITORY, Audience::repository, {Role::admin, code_scopes}, "",
     Waits::yes, "repos/repos#update-a-repository", update_repository},
    {"GET", REPOSITORY "/forks", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "repos/forks#list-forks", list_nothing_of_repository},
    {"GET", REPOSITORY "/stargazers", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "activity/starring#list-stargazers", list_nothing_of_repository},
    {"GET", REPOSITORY "/subscribers", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "activity/watching#list-watchers", list_nothing_of_repository},
    {"GET", REPOSITORY "/languages", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "repos/repos#list-repository-languages", list_languages},

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

    // A run is a deployment here. Whoever may not review is told so by app: it is no role. A token
    // that only creates deployments must not open their gates.
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

    {"GET", REPOSITORY "/hooks", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#list-repository-webhooks", list_hooks},
    {"POST", REPOSITORY "/hooks", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "repos/webhooks#create-a-repository-webhook", create_hook},
    {"GET", HOOK, Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#get-a-repository-webhook", get_hook},
    {"PATCH", HOOK, Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "repos/webhooks#update-a-repository-webhook", update_hook},
    {"DELETE", HOOK, Audience::repository, {Role::admin, hook_admin_scopes},
     "admin:repo_hook, public_repo, repo", Waits::yes,
     "repos/webhooks#delete-a-repository-webhook", delete_hook},
    {"POST", HOOK "/pings", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#ping-a-repository-webhook", ping_hook},
    {"POST", HOOK "/tests", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"POST", HOOK "/test", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"GET", HOOK "/config", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#get-a-webhook-configuration-for-a-repository",
     get_hook_config},
    {"PATCH", HOOK "/config", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes,
     "repos/webhooks#update-a-webhook-configuration-for-a-repository", update_hook_config},
    {"GET", HOOK "/deliveries", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#list-deliveries-for-a-repository-webhook",
     list_hook_deliveries},
    {"GET", HOOK "/deliveries/{delivery_id}", Audience::repository,
     {Role::admin, hook_read_scopes}, reads_hooks, Waits::no,
     "repos/webhooks#get-a-delivery-for-a-repository-webhook", get_hook_delivery},
    {"POST", HOOK "/deliveries/{delivery_id}/attempts", Audience::repository,
     {Role::admin, hook_write_scopes}, writes_hooks, Waits::yes,
     "repos/webhooks#redeliver-a-delivery-for-a-repository-webhook", redeliver},
    {"GET", ESCLUSA HOOK "/deliveries", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "", list_event_deliveries},
    {"POST", ESCLUSA HOOK "/replay", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", replay_deliveries},
    {"PUT", ESCLUSA HOOK "/secret", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", rotate_hook_secret},
    {"PUT", ESCLUSA HOOK "/owner", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", adopt_hook},

    {"GET", ORG_HOOKS, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#list-organization-webhooks", list_hooks},
    {"POST", ORG_HOOKS, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#create-an-organization-webhook", create_hook},
    {"GET", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#get-an-organization-webhook", get_hook},
    {"PATCH", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#update-an-organization-webhook", update_hook},
    {"DELETE", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#delete-an-organization-webhook", delete_hook},
    {"POST", ORG_HOOK "/pings", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#ping-an-organization-webhook", ping_hook},
    {"GET", ORG_HOOK "/config", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#get-a-webhook-configuration-for-an-organization",
     get_hook_config},
    {"PATCH", ORG_HOOK "/config", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#update-a-webhook-configuration-for-an-organization",
     update_hook_config},
    {"GET", ORG_HOOK "/deliveries", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no,
     "orgs/webhooks#list-deliveries-for-an-organization-webhook", list_hook_deliveries},
    {"GET", ORG_HOOK "/deliveries/{delivery_id}", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no,
     "orgs/webhooks#get-a-webhook-delivery-for-an-organization-webhook", get_hook_delivery},
    {"POST", ORG_HOOK "/deliveries/{delivery_id}/attempts", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes,
     "orgs/webhooks#redeliver-a-delivery-for-an-organization-webhook", redeliver},
    {"GET", ESCLUSA ORG_HOOK "/deliveries", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no, "", list_event_deliveries},
    {"POST", ESCLUSA ORG_HOOK "/replay", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", replay_deliveries},
    {"PUT", ESCLUSA ORG_HOOK "/secret", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", rotate_hook_secret},
    {"PUT", ESCLUSA ORG_HOOK "/owner", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", adopt_hook},

    {"GET", MEMBERS, Audience::organization, {Role::read, organization_read_scopes}, reads_org,
     Waits::no, "orgs/members#list-organization-members", list_members},
    {"GET", MEMBERS "/{username}", Audience::organization,
     {Role::read, organization_read_scopes}, reads_org, Waits::no,
     "orgs/members#check-organization-membership-for-a-user", check_member},
    {"DELETE", MEMBERS "/{username}", Audience::organization,
     {Role::admin, organization_write_scopes}, writes_org, Waits::yes,
     "orgs/members#remove-an-organization-member", remove_membership},
    {"GET", MEMBERSHIP, Audience::organization, {Role::read, organization_read_scopes},
     reads_org, Waits::no, "orgs/members#get-organization-membership-for-a-user", get_membership},
    {"PUT", MEMBERSHIP, Audience::organization, {Role::admin, organization_write_scopes},
     writes_org, Waits::yes, "orgs/members#set-organization-membership-for-a-user",
     set_membership},
    {"DELETE", MEMBERSHIP, Audience::organization, {Role::admin, organization_write_scopes},
     writes_org, Waits::yes, "orgs/members#remove-organization-membership-for-a-user",
     remove_membership},

    {"GET", TEAMS, Audience::organization, {Role::read, organization_read_scopes}, reads_org,
     Waits::no, "teams/teams#list-teams", list_teams},
    {"POST", TEAMS, Audience::organization, {Role::admin, organization_admin_scopes},
     "admin:org", Waits::yes, "teams/teams#create-a-team", create_team},
    {"GET", TEAM, Audience::organization, {Role::read, organization_read_scopes}, reads_org,
     Waits::no, "teams/teams#get-a-team-by-name", get_team},
    {"PATCH", TEAM, Audience::organization, {Role::admin, organization_admin_scopes},
     "admin:org", Waits::yes, "teams/teams#update-a-team", update_team},
    {"DELETE", TEAM, Audience::organization, {Role::admin, organization_admin_scopes},
     "admin:org", Waits::yes, "teams/teams#delete-a-team", delete_team},
    {"GET", TEAM "/members", Audience::organization, {Role::read, organization_read_scopes},
     reads_org, Waits::no, "teams/members#list-team-members", list_team_members},
    {"GET", TEAM "/members/{username}", Audience::organization,
     {Role::read, organization_read_scopes}, reads_org, Waits::no,
     "teams/members#get-team-member-legacy", check_team_member},
    {"GET", TEAM "/memberships/{username}", Audience::organization,
     {Role::read, organization_read_scopes}, reads_org, Waits::no,
     "teams/members#get-team-membership-for-a-user", get_team_membership},
    {"PUT", TEAM "/memberships/{username}", Audience::organization,
     {Role::admin, organization_write_scopes}, writes_org, Waits::yes,
     "teams/members#add-or-update-team-membership-for-a-user", set_team_membership},
    {"DELETE", TEAM "/memberships/{username}", Audience::organization,
     {Role::admin, organization_write_scopes}, writes_org, Waits::yes,
     "teams/members#remove-team-membership-for-a-user", remove_team_membership},
    {"GET", TEAM "/repos", Audience::organization, {Role::read, team_repository_scopes},
     "admin:org, read:org, repo, write:org", Waits::no, "teams/teams#list-team-repositories",
     list_team_repositories},
    {"GET", TEAM_REPOSITORY, Audience::organization, {Role::read, team_repository_scopes},
     "admin:org, read:org, repo, write:org", Waits::no,
     "teams/teams#check-team-permissions-for-a-repository", check_team_repository},
    {"PUT", TEAM_REPOSITORY, Audience::organization, {Role::admin, organization_admin_scopes},
     "admin:org", Waits::yes, "teams/teams#add-or-update-team-repository-permissions",
     set_team_repository},
    {"DELETE", TEAM_REPOSITORY, Audience::organization,
     {Role::admin, organization_admin_scopes}, "admin:org", Waits::yes,
     "teams/teams#remove-a-repository-from-a-team", remove_team_repository},
    {"GET", REPOSITORY "/teams", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "repos/repos#list-repository-teams", list_repository_teams},

    {"GET", COLLABORATORS, Audience::repository, {Role::write, code_scopes}, "repo", Waits::no,
     "collaborators/collaborators#list-repository-collaborators", list_collaborators},
    {"GET", COLLABORATOR, Audience::repository, {Role::write, code_scopes}, "repo", Waits::no,
     "collaborators/collaborators#check-if-a-user-is-a-repository-collaborator",
     check_collaborator},
    {"PUT", COLLABORATOR, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "collaborators/collaborators#add-a-repository-collaborator", add_collaborator},
    {"DELETE", COLLABORATOR, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "collaborators/collaborators#remove-a-repository-collaborator", remove_collaborator},
    {"GET", COLLABORATOR "/permission", Audience::repository, {Role::write, code_scopes}, "repo",
     Waits::no, "collaborators/collaborators#get-repository-permissions-for-a-user",
     get_collaborator_permission},
    {"GET", REPOSITORY "/invitations", Audience::repository, {Role::admin, invitation_scopes},
     "repo, repo:invite", Waits::no, "collaborators/invitations#list-repository-invitations",
     list_invitations},

    {"GET", REPOSITORY "/keys", Audience::repository, {Role::admin, code_scopes}, "",
     Waits::no, "deploy-keys/deploy-keys#list-deploy-keys", list_deploy_keys},
    {"POST", REPOSITORY "/keys", Audience::repository, {Role::admin, code_scopes}, "",
     Waits::yes, "deploy-keys/deploy-keys#create-a-deploy-key", create_deploy_key},
    {"GET", KEY, Audience::repository, {Role::admin, code_scopes}, "", Waits::no,
     "deploy-keys/deploy-keys#get-a-deploy-key", get_deploy_key},
    {"DELETE", KEY, Audience::repository, {Role::admin, code_scopes}, "", Waits::yes,
     "deploy-keys/deploy-keys#delete-a-deploy-key", delete_deploy_key},

    {"GET", REPOSITORY "/branches", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "branches/branches#list-branches", list_branches},
    {"GET", REPOSITORY "/branches/{branch...}/protection", Audience::repository,
     {Role::admin, code_scopes}, "repo", Waits::yes,
     "branches/branch-protection#get-branch-protection", get_branch_protection},
    {"GET", REPOSITORY "/branches/{branch...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "branches/branches#get-a-branch", get_branch},
    {"GET", REPOSITORY "/tags", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/repos#list-repository-tags", list_tags},
    {"GET", REPOSITORY "/git/ref/{ref...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/refs#get-a-reference", get_git_ref},
    // Of the older API, and still what many clients ask for; our answers link there, as GitHub's.
    {"GET", REPOSITORY "/git/refs", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "git/refs#list-matching-references", list_git_refs},
    {"GET", REPOSITORY "/git/refs/{ref...?}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/refs#get-a-reference", find_git_refs},
    {"GET", REPOSITORY "/git/matching-refs/{ref...?}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/refs#list-matching-references",
     list_matching_git_refs},
    {"GET", REPOSITORY "/git/tags/{tag_sha}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/tags#get-a-tag", get_git_tag},
    {"GET", REPOSITORY "/git/commits/{commit_sha}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/commits#get-a-commit-object",
     get_git_commit},
    {"GET", REPOSITORY "/git/trees/{tree_sha...}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/trees#get-a-tree", get_git_tree},
    {"GET", REPOSITORY "/git/blobs/{file_sha}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/blobs#get-a-blob", get_git_blob},
    {"GET", REPOSITORY "/contents", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/contents#get-repository-content", get_root_contents},
    {"GET", REPOSITORY "/contents/{path...?}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "repos/contents#get-repository-content", get_contents},
    {"GET", REPOSITORY "/compare/{basehead...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#compare-two-commits", compare_commits},
    {"GET", REPOSITORY "/commits", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "commits/commits#list-commits", list_commits},
    {"GET", REPOSITORY "/commits/{ref...}/branches-where-head", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes,
     "commits/commits#list-branches-for-head-commit", list_branches_where_head},
    {"GET", REPOSITORY "/commits/{ref...}/pulls", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#list-pull-requests-associated-with-a-commit",
     list_pulls_of_commit},
    {"GET", REPOSITORY "/commits/{ref...}/comments", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "commits/comments#list-commit-comments",
     list_comments_of_commit},
    // After all that goes on behind the ref: it takes what is left.
    {"GET", REPOSITORY "/commits/{ref...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#get-a-commit", get_commit},

    {"GET", ESCLUSA "/events", Audience::account, {}, "", Waits::yes, "", read_events},
    {"GET", ESCLUSA REPOSITORY "/events", Audience::repository, {Role::read, feed_scopes},
     "repo, repo:status, repo_deployment", Waits::yes, "", read_events},
    {"GET", ESCLUSA DEPLOYMENT "/log", Audience::repository, {Role::read, deployment_scopes},
     reads_deployments, Waits::yes, "", get_deployment_log},
    {"PATCH", ESCLUSA DEPLOYMENT "/log", Audience::repository, {Role::write, deployment_scopes},
     "", Waits::yes, "", append_deployment_log},

    {"GET", "/", Audience::anyone, {}, "", Waits::no, "meta/meta#github-api-root", get_root},
    {"GET", "/meta", Audience::anyone, {}, "", Waits::no,
     "meta/meta#get-apiname-meta-information", get_meta},
    {"GET", "/versions", Audience::anyone, {}, "", Waits::no, "meta/meta#get-all-api-versions",
     get_versions},
    {"GET", "/zen", Audience::anyone, {}, "", Waits::no, "meta/meta#get-the-zen-of-github",
     get_zen},
    {"GET", "/users/{username}", Audience::anyone, {}, "", Waits::no, "users/users#get-a-user",
     get_user},
    {"GET", "/orgs/{org}", Audience::anyone, {}, "", Waits::no, "orgs/orgs#get-an-organization",
     get_organization},
    {"GET", "/orgs/{org}/repos", Audience::viewer, {}, "", Waits::no,
     "repos/repos#list-organization-repositories", list_organization_repositories},
    {"GET", "/users/{username}/repos", Audience::viewer, {}, "", Waits::no,
     "repos/repos#list-repositories-for-a-user", list_user_repositories},
    {"GET", "/users/{username}/orgs", Audience::viewer, {}, "", Waits::no,
     "orgs/orgs#list-organizations-for-a-user", list_user_organizations},
    {"GET", "/user/repos", Audience::account, {}, "", Waits::no,
     "repos/repos#list-repositories-for-the-authenticated-user", list_own_repositories},
    {"GET", "/user/orgs", Audience::account, {Role::read, own_organization_scopes},
     "admin:org, read:org, user, write:org", Waits::no,
     "orgs/orgs#list-organizations-for-the-authenticated-user", list_own_organizations},
    {"GET", "/user", Audience::account, {}, "", Waits::no,
     "users/users#get-the-authenticated-user", get_authenticated_user},
    {"GET", rate_limit_path, Audience::anyone, {}, "", Waits::no,
     "rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user", get_rate_limit},
    {"GET", "/openapi.json", Audience::anyone, {}, "", Waits::no,
     "about-the-rest-api/about-the-openapi-description-for-the-rest-api#about-openapi",
     get_openapi},

    {"GET", ADMIN "/users", Audience::local_admin, {}, "", Waits::no, "", admin_list_accounts},
    {"POST", ADMIN "/users", Audience::local_admin, {}, "", Waits::yes, "", admin_create_account},
    {"GET", ADMIN "/users/{login}/tokens", Audience::local_admin, {}, "", Waits::no, "",
     admin_list_tokens},
    {"POST", ADMIN "/users/{login}/tokens", Audience::local_admin, {}, "", Waits::yes, "",
     admin_create_token},
    {"DELETE", ADMIN "/tokens/{token_id}", Audience::local_admin, {}, "", Waits::yes, "",
     admin_revoke_token},
    {"PUT", ADMIN "/users/{login}/blocked", Audience::local_admin, {}, "", Waits::yes, "",
     admin_block_account},
    {"DELETE", ADMIN "/users/{login}/blocked", Audience::local_admin, {}, "", Waits::yes, "",
     admin_unblock_account},
    {"PUT", ADMIN "/organizations/{organization}/members/{login}", Audience::local_admin, {}, "",
     Waits::yes, "", admin_set_member},
    {"GET", ADMIN "/repositories", Audience::local_admin, {}, "", Waits::yes, "",
     admin_list_repositories},
    {"POST", ADMIN "/repositories", Audience::local_admin, {}, "", Waits::yes, "",
     admin_create_repository},
    {"PATCH", ADMIN "/repositories/{owner}/{repo}", Audience::local_admin, {}, "", Waits::yes, "",
     admin_update_repository},
    {"DELETE", ADMIN "/repositories/{owner}/{repo}", Audience::local_admin, {}, "", Waits::yes, "",
     admin_remove_repository},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/roles/{login}", Audience::local_admin, {}, "",
     Waits::yes, "", admin_grant_role},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/environments", Audience::local_admin, {}, "",
     Waits::yes, "", admin_choose_new_environments},
    {"GET", ADMIN "/repositories/{owner}/{repo}/branch-protections", Audience::local_admin, {}, "",
     Waits::no, "", admin_list_branch_protections},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     Audience::local_admin, {}, "", Waits::yes, "", admin_protect_branches},
    {"DELETE", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     Audience::local_admin, {}, "", Waits::yes, "", admin_unprotect_branches},

    {"POST", SSH "/keys", Audience::ssh, {}, "", Waits::yes, "", ssh_find_key},
    {"POST", SSH "/sessions", Audience::ssh, {}, "", Waits::yes, "", ssh_start_session},
    {"POST", SSH "/sessions/{session}/checks", Audience::ssh, {}, "", Waits::yes, "",
     ssh_check_session},
    {"POST", SSH "/sessions/{session}/changes", Audience::ssh, {}, "", Waits::yes, "",
     ssh_begin_push},
    {"PUT", SSH "/sessions/{session}/changes", Audience::ssh, {}, "", Waits::yes, "",
     ssh_finish_push},
    {"DELETE", SSH "/sessions/{session}", Audience::ssh, {}, "", Waits::yes, "", ssh_end_session},
};
// clang-format on

#undef ESCLUSA
#undef REPOSITORY
#undef DEPLOYMENT
#undef ENVIRONMENT
#undef BRANCH_POLICY
#undef RUN
#undef CHECK_RUN
#undef CHECK_SUITE
#undef HOOK
#undef ORG_HOOKS
#undef ORG_HOOK
#undef KEY
#undef COLLABORATORS
#undef COLLABORATOR
#undef MEMBERS
#undef MEMBERSHIP
#undef TEAMS
#undef TEAM
#undef TEAM_REPOSITORY
#undef ADMIN
#undef SSH

}  // namespace

std::span<const Route> routes() { return table; }

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
    // A list of what the caller may read asks for no right of its own.
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
