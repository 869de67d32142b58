#pragma once
#include "support/access_rules.h"

/// What apps and their installations may do, written by hand: GitHub's documentation, "Permissions
/// required for GitHub Apps", and docs/decisions/0035 for routes that GitHub does not have. Nothing
/// here may be derived from the program's operations.
namespace esclusa::test::rules {

inline constexpr Verdict undecodable{401, "A JSON web token could not be decoded"};
inline constexpr Verdict integration{403, "Resource not accessible by integration"};
inline constexpr Verdict no_installation{
    403, "You must authenticate with an installation access token."};

/// The permissions that open a route, all of them; empty: no installation may use it.
struct RoutePermission {
  std::string_view method;
  std::string_view below;
  std::string_view needs;
  std::string_view root = "";
};
// clang-format off
inline constexpr RoutePermission repository_permissions[] = {
    {"GET",    "",                                       "metadata=read"},
    {"PATCH",  "",                                       "administration=write"},
    // What is always empty here is told to whoever may see the repository.
    {"GET",    "/forks",                                 "metadata=read"},
    {"GET",    "/stargazers",                            "metadata=read"},
    {"GET",    "/subscribers",                           "metadata=read"},
    {"GET",    "/languages",                             "metadata=read"},
    {"GET",    "/contributors",                          "metadata=read"},
    {"GET",    "/events",                                "metadata=read"},
    {"GET",    "/notifications",                         "metadata=read"},
    {"GET",    "/issues",                                "metadata=read"},
    {"GET",    "/issues/comments",                       "metadata=read"},
    {"GET",    "/issues/events",                         "metadata=read"},
    {"GET",    "/assignees",                             "metadata=read"},
    {"GET",    "/labels",                                "metadata=read"},
    {"GET",    "/milestones",                            "metadata=read"},
    {"GET",    "/pulls",                                 "metadata=read"},
    {"GET",    "/releases",                              "metadata=read"},
    {"GET",    "/comments",                              "metadata=read"},

    {"GET",    "/deployments",                           "deployments=read"},
    {"POST",   "/deployments",                           "deployments=write"},
    {"GET",    "/deployments/{deployment_id}",           "deployments=read"},
    {"DELETE", "/deployments/{deployment_id}",           "deployments=write"},
    {"GET",    "/deployments/{deployment_id}/statuses",  "deployments=read"},
    {"POST",   "/deployments/{deployment_id}/statuses",  "deployments=write"},
    {"GET",    "/deployments/{deployment_id}/statuses/{status_id}", "deployments=read"},

    {"GET",    "/environments",                          "actions=read"},
    {"GET",    "/environments/{environment_name}",       "actions=read"},
    {"PUT",    "/environments/{environment_name}",       "administration=write"},
    {"GET",    "/environments/{environment_name}/deployment-branch-policies", "actions=read"},
    {"POST",   "/environments/{environment_name}/deployment-branch-policies",
                                                         "administration=write"},
    {"GET",    "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                         "actions=read"},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules", "actions=read"},
    {"POST",   "/environments/{environment_name}/deployment_protection_rules",
                                                         "administration=write"},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules/apps",
                                                         "actions=read"},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
                                                         "actions=read"},
    {"DELETE", "/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
                                                         "administration=write"},
    {"GET",    "/environments/{environment_name}/secrets", "environments=read,secrets=read"},
    {"GET",    "/environments/{environment_name}/secrets/public-key",
                                                         "environments=read,secrets=read"},
    {"GET",    "/environments/{environment_name}/secrets/{secret_name}",
                                                         "environments=read,secrets=read"},
    {"PUT",    "/environments/{environment_name}/secrets/{secret_name}",
                                                         "environments=write,secrets=write"},
    {"DELETE", "/environments/{environment_name}/secrets/{secret_name}",
                                                         "environments=write,secrets=write"},
    {"GET",    "/environments/{environment_name}/variables", "environments=read"},
    {"POST",   "/environments/{environment_name}/variables", "environments=write"},
    {"GET",    "/environments/{environment_name}/variables/{name}", "environments=read"},
    {"PATCH",  "/environments/{environment_name}/variables/{name}", "environments=write"},
    {"DELETE", "/environments/{environment_name}/variables/{name}", "environments=write"},
    {"POST",   "/actions/runs/{run_id}/deployment_protection_rule", "deployments=write"},
    {"PUT",    "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                         "administration=write"},
    {"DELETE", "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                         "administration=write"},
    {"DELETE", "/environments/{environment_name}",       "administration=write"},
    {"GET",    "/actions/runs/{run_id}",                 "actions=read"},
    {"GET",    "/actions/runs/{run_id}/jobs",            "actions=read"},
    {"GET",    "/actions/runs/{run_id}/artifacts",       "actions=read"},
    {"GET",    "/actions/workflows/{workflow_id}",       "actions=read"},
    {"GET",    "/actions/runs/{run_id}/pending_deployments", "actions=read"},
    // Apps do not review, and do not bypass gates.
    {"POST",   "/actions/runs/{run_id}/pending_deployments", ""},
    {"GET",    "/actions/runs/{run_id}/approvals",       "actions=read"},
    {"GET",    "/deployments/{deployment_id}/gates",     "deployments=read", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/bypass",    "", "/esclusa"},
    {"POST",   "/deployments/dry_run",                   "deployments=write", "/esclusa"},

    {"POST",   "/statuses/{sha}",                        "statuses=write"},
    {"GET",    "/statuses/{ref...}",                     "statuses=read"},
    {"GET",    "/commits/{ref...}/statuses",             "statuses=read"},
    {"GET",    "/commits/{ref...}/status",               "statuses=read"},

    {"GET",    "/commits/{ref...}/check-runs",           "checks=read"},
    {"GET",    "/commits/{ref...}/check-suites",         "checks=read"},
    {"GET",    "/check-suites/{check_suite_id}",         "checks=read"},
    {"GET",    "/check-suites/{check_suite_id}/check-runs", "checks=read"},
    {"POST",   "/check-runs",                            "checks=write"},
    {"GET",    "/check-runs/{check_run_id}",             "checks=read"},
    {"PATCH",  "/check-runs/{check_run_id}",             "checks=write"},
    {"GET",    "/check-runs/{check_run_id}/annotations", "checks=read"},

    {"GET",    "/branches",                              "contents=read"},
    {"GET",    "/branches/{branch...}",                  "contents=read"},
    {"GET",    "/branches/{branch...}/protection",       "administration=read"},
    {"GET",    "/tags",                                  "metadata=read"},
    {"GET",    "/git/ref/{ref...}",                      "contents=read"},
    {"GET",    "/git/refs",                              "contents=read"},
    {"GET",    "/git/refs/{ref...?}",                    "contents=read"},
    {"GET",    "/git/matching-refs/{ref...?}",           "contents=read"},
    {"GET",    "/git/tags/{tag_sha}",                    "contents=read"},
    {"GET",    "/git/commits/{commit_sha}",              "contents=read"},
    {"GET",    "/git/trees/{tree_sha...}",               "contents=read"},
    {"GET",    "/git/blobs/{file_sha}",                  "contents=read"},
    {"GET",    "/contents",                              "contents=read"},
    {"GET",    "/contents/{path...?}",                   "contents=read"},
    {"GET",    "/tarball",                               "contents=read"},
    {"GET",    "/tarball/{ref...?}",                     "contents=read"},
    {"GET",    "/zipball",                               "contents=read"},
    {"GET",    "/zipball/{ref...?}",                     "contents=read"},
    {"GET",    "/tarball/{commit_sha}",                  "contents=read", "/esclusa"},
    {"GET",    "/zipball/{commit_sha}",                  "contents=read", "/esclusa"},
    {"GET",    "/compare/{basehead...}",                 "contents=read"},
    {"GET",    "/commits",                               "contents=read"},
    {"GET",    "/commits/{ref...}/branches-where-head",  "contents=read"},
    {"GET",    "/commits/{ref...}/pulls",                "contents=read"},
    {"GET",    "/commits/{ref...}/comments",             "contents=read"},
    {"GET",    "/commits/{ref...}",                      "contents=read"},

    {"GET",    "/hooks",                                 "repository_hooks=read"},
    {"POST",   "/hooks",                                 "repository_hooks=write"},
    {"GET",    "/hooks/{hook_id}",                       "repository_hooks=read"},
    {"PATCH",  "/hooks/{hook_id}",                       "repository_hooks=write"},
    {"DELETE", "/hooks/{hook_id}",                       "repository_hooks=write"},
    {"POST",   "/hooks/{hook_id}/pings",                 "repository_hooks=read"},
    {"POST",   "/hooks/{hook_id}/tests",                 "repository_hooks=read"},
    {"POST",   "/hooks/{hook_id}/test",                  "repository_hooks=read"},
    {"GET",    "/hooks/{hook_id}/config",                "repository_hooks=read"},
    {"PATCH",  "/hooks/{hook_id}/config",                "repository_hooks=write"},
    {"GET",    "/hooks/{hook_id}/deliveries",            "repository_hooks=read"},
    {"GET",    "/hooks/{hook_id}/deliveries/{delivery_id}", "repository_hooks=read"},
    {"POST",   "/hooks/{hook_id}/deliveries/{delivery_id}/attempts", "repository_hooks=write"},
    {"GET",    "/hooks/{hook_id}/deliveries",            "repository_hooks=read", "/esclusa"},
    {"POST",   "/hooks/{hook_id}/replay",                "repository_hooks=write", "/esclusa"},
    {"PUT",    "/hooks/{hook_id}/secret",                "repository_hooks=write", "/esclusa"},
    {"PUT",    "/hooks/{hook_id}/owner",                 "repository_hooks=write", "/esclusa"},

    {"GET",    "/teams",                                 "administration=read"},

    {"GET",    "/collaborators",                         "metadata=read"},
    {"GET",    "/collaborators/{username}",              "metadata=read"},
    {"PUT",    "/collaborators/{username}",              "administration=write"},
    {"DELETE", "/collaborators/{username}",              "administration=write"},
    {"GET",    "/collaborators/{username}/permission",   "metadata=read"},
    {"GET",    "/invitations",                           "administration=read"},

    {"GET",    "/keys",                                  "administration=read"},
    {"POST",   "/keys",                                  "administration=write"},
    {"GET",    "/keys/{key_id}",                         "administration=read"},
    {"DELETE", "/keys/{key_id}",                         "administration=write"},

    {"GET",    "/events",                                "deployments=read", "/esclusa"},
    {"GET",    "/live",                                  "deployments=read", "/esclusa"},
    {"POST",   "/environments/{environment_name}/rollback", "deployments=write", "/esclusa"},
    {"POST",   "/environments/{environment_name}/promote", "deployments=write", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/redeploy",  "deployments=write", "/esclusa"},
    {"GET",    "/stats",                                 "deployments=read", "/esclusa"},
    {"GET",    "/audit",                                 "", "/esclusa"},
    {"GET",    "/agents",                                "", "/esclusa"},
    {"GET",    "/deployments/{deployment_id}/log",       "deployments=read", "/esclusa"},
    {"PATCH",  "/deployments/{deployment_id}/log",       "deployments=write", "/esclusa"},
    {"GET",    "/deployments/{deployment_id}/claim",     "deployments=read", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/claim",     "deployments=write", "/esclusa"},
    {"PUT",    "/deployments/{deployment_id}/claim",     "deployments=write", "/esclusa"},
    {"DELETE", "/deployments/{deployment_id}/claim",     "deployments=write", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/claim/secrets", "deployments=read", "/esclusa"},
};

/// The same for routes of organizations, by their whole path.
inline constexpr RoutePermission organization_permissions[] = {
    {"GET",    "/orgs/{org}/hooks",                                   "organization_hooks=read"},
    {"POST",   "/orgs/{org}/hooks",                                   "organization_hooks=write"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}",                         "organization_hooks=read"},
    {"PATCH",  "/orgs/{org}/hooks/{hook_id}",                         "organization_hooks=write"},
    {"DELETE", "/orgs/{org}/hooks/{hook_id}",                         "organization_hooks=write"},
    {"POST",   "/orgs/{org}/hooks/{hook_id}/pings",                   "organization_hooks=write"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/config",                  "organization_hooks=read"},
    {"PATCH",  "/orgs/{org}/hooks/{hook_id}/config",                  "organization_hooks=write"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/deliveries",              "organization_hooks=read"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}", "organization_hooks=read"},
    {"POST",   "/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
                                                                      "organization_hooks=write"},
    {"GET",    "/esclusa/orgs/{org}/hooks/{hook_id}/deliveries",      "organization_hooks=read"},
    {"POST",   "/esclusa/orgs/{org}/hooks/{hook_id}/replay",          "organization_hooks=write"},
    {"PUT",    "/esclusa/orgs/{org}/hooks/{hook_id}/secret",          "organization_hooks=write"},
    {"PUT",    "/esclusa/orgs/{org}/hooks/{hook_id}/owner",           "organization_hooks=write"},
    {"GET",    "/orgs/{org}/members",                                 "members=read"},
    {"GET",    "/orgs/{org}/members/{username}",                      "members=read"},
    {"DELETE", "/orgs/{org}/members/{username}",                      "members=write"},
    {"GET",    "/orgs/{org}/memberships/{username}",                  "members=read"},
    {"PUT",    "/orgs/{org}/memberships/{username}",                  "members=write"},
    {"DELETE", "/orgs/{org}/memberships/{username}",                  "members=write"},
    {"GET",    "/orgs/{org}/teams",                                   "members=read"},
    {"POST",   "/orgs/{org}/teams",                                   "members=write"},
    {"GET",    "/orgs/{org}/teams/{team_slug}",                       "members=read"},
    {"PATCH",  "/orgs/{org}/teams/{team_slug}",                       "members=write"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}",                       "members=write"},
    {"GET",    "/orgs/{org}/teams/{team_slug}/members",               "members=read"},
    {"GET",    "/orgs/{org}/teams/{team_slug}/members/{username}",    "members=read"},
    {"GET",    "/orgs/{org}/teams/{team_slug}/memberships/{username}", "members=read"},
    {"PUT",    "/orgs/{org}/teams/{team_slug}/memberships/{username}", "members=write"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}/memberships/{username}", "members=write"},
    {"GET",    "/orgs/{org}/teams/{team_slug}/repos",                 "members=read"},
    {"GET",    "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",  "members=read"},
    {"PUT",    "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
                                                          "administration=write,members=read"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
                                                          "administration=write,members=read"},
};

/// A route for apps by their JWT, or for installations by their token: what others hear is the same
/// for all routes of a kind.
enum class Signer { app, installation };
struct AppRoute {
  std::string_view method;
  std::string_view path;
  Signer signer;
  int answer;
  std::string_view body = "";
};
inline constexpr AppRoute app_routes[] = {
    {"GET",    "/app",                                                Signer::app,          200},
    {"GET",    "/app/installations",                                  Signer::app,          200},
    {"GET",    "/app/installations/{installation_id}",                Signer::app,          200},
    {"DELETE", "/app/installations/{installation_id}",                Signer::app,          204},
    {"PUT",    "/app/installations/{installation_id}/suspended",      Signer::app,          204},
    {"DELETE", "/app/installations/{installation_id}/suspended",      Signer::app,          204},
    {"POST",   "/app/installations/{installation_id}/access_tokens",  Signer::app,          201},
    {"GET",    "/app/hook/config",                                    Signer::app,          200},
    {"PATCH",  "/app/hook/config",                                    Signer::app,          200,
     R"({"content_type": "json"})"},
    {"GET",    "/app/hook/deliveries",                                Signer::app,          200},
    {"GET",    "/app/hook/deliveries/{delivery_id}",                  Signer::app,          200},
    {"POST",   "/app/hook/deliveries/{delivery_id}/attempts",         Signer::app,          202},
    {"GET",    "/repos/{owner}/{repo}/installation",                  Signer::app,          200},
    {"GET",    "/orgs/{org}/installation",                            Signer::app,          200},
    {"GET",    "/users/{username}/installation",                      Signer::app,          200},
    {"GET",    "/installation/repositories",                          Signer::installation, 200},
    {"DELETE", "/installation/token",                                 Signer::installation, 204},
};

/// The permissions of the tokens that are tried: all to write, all to read, and each alone.
inline constexpr std::string_view permission_sets[] = {
    "actions=write,administration=write,checks=write,contents=write,deployments=write,"
    "members=write,metadata=read,organization_hooks=write,repository_hooks=write,statuses=write",
    "actions=read,administration=read,checks=read,contents=read,deployments=read,members=read,"
    "metadata=read,organization_hooks=read,repository_hooks=read,statuses=read",
    "metadata=read",
    "actions=write,metadata=read",
    "administration=write,metadata=read",
    "checks=write,metadata=read",
    "contents=write,metadata=read",
    "deployments=write,metadata=read",
    "members=write,metadata=read",
    "organization_hooks=write,metadata=read",
    "repository_hooks=write,metadata=read",
    "statuses=write,metadata=read",
    "issues=write,metadata=read,secrets=write",
};
// clang-format on

/// Whether an installation reaches the repository of the request, or the organization.
enum class Reach {
  yes,        ///< it has all repositories of the owner
  selected,   ///< it has this one
  token,      ///< it has all, and its token has this one
  lost,       ///< its token has this one, and the installation has only another one now
  other,      ///< it has only another one of the owner
  elsewhere,  ///< it is installed at another account
};

}  // namespace esclusa::test::rules
