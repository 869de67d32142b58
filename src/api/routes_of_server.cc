#include "api/route_tables.h"

#include "api/administration.h"
#include "api/deployment_logs.h"
#include "api/feed.h"
#include "api/meta.h"
#include "api/openapi.h"
#include "api/rate_limit_answers.h"
#include "api/repository_lists.h"
#include "api/ssh_door.h"
#include "api/users.h"
#include "core/feed.h"

/// Routes of the feed, of the server itself and its accounts, and of the local unix sockets.
namespace esclusa::api {
namespace {

using core::Role;
using core::Scope;
using core::Scopes;

const Scopes deployment_scopes{Scope::repo, Scope::repo_deployment, Scope::public_repo};
const Scopes feed_scopes = core::feed_requirement().scopes;
const Scopes own_organization_scopes{Scope::user, Scope::read_org};
constexpr std::string_view reads_deployments = "repo, repo_deployment";

#define DEPLOYMENT REPOSITORY "/deployments/{deployment_id}"
#define ADMIN "/esclusa/admin"
#define SSH "/esclusa/ssh"

// clang-format off
const Route table[] = {
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

}  // namespace

std::span<const Route> routes_of_server() { return table; }

}  // namespace esclusa::api
