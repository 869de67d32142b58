#include "api/route_tables.h"

#include "api/collaborators.h"
#include "api/deploy_keys.h"
#include "api/members.h"
#include "api/teams.h"

/// Routes of members, teams, collaborators and deploy keys.
namespace esclusa::api {
namespace {

using core::Role;
using core::Scope;
using core::Scopes;

const Scopes organization_read_scopes{Scope::read_org};
const Scopes organization_write_scopes{Scope::write_org};
const Scopes organization_admin_scopes{Scope::admin_org};
const Scopes team_repository_scopes{Scope::read_org, Scope::repo};
const Scopes invitation_scopes{Scope::repo, Scope::public_repo, Scope::repo_invite};
constexpr std::string_view reads_org = "admin:org, read:org, write:org";
constexpr std::string_view writes_org = "admin:org, write:org";

#define KEY REPOSITORY "/keys/{key_id}"
#define COLLABORATORS REPOSITORY "/collaborators"
#define COLLABORATOR COLLABORATORS "/{username}"
#define MEMBERS "/orgs/{org}/members"
#define MEMBERSHIP "/orgs/{org}/memberships/{username}"
#define TEAMS "/orgs/{org}/teams"
#define TEAM TEAMS "/{team_slug}"
#define TEAM_REPOSITORY TEAM "/repos/{owner}/{repo}"

// clang-format off
const Route table[] = {
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
};
// clang-format on

}  // namespace

std::span<const Route> routes_of_people() { return table; }

}  // namespace esclusa::api
