#pragma once
#include <string_view>

#include "support/access_ways.h"

/// Who may do what, written by hand for the access matrix: GitHub's behaviour as documented
/// ("Scopes for OAuth apps", "Repository roles"), and where its documentation is silent,
/// docs/decisions/0005. Nothing here may be derived from the program's route table, because the
/// matrix compares that table with this file.
namespace esclusa::test::rules {

/// The permission of an account in a repository, as routes demand it. `review` is only a demand of
/// routes, not a permission of accounts: it stands for routes that change something, and serve
/// whoever may read.
enum class Standing { nobody, none, pull, push, admin, review };

/// The answer to a request: a status, and the message of the refusal.
struct Verdict {
  int status;
  std::string_view message;
  bool operator==(const Verdict&) const = default;
};
inline constexpr Verdict open{0, ""};  ///< whatever the route itself answers
inline constexpr Verdict hidden{404, "Not Found"};
inline constexpr Verdict bad_credentials{401, "Bad credentials"};
inline constexpr Verdict login{401, "Requires authentication"};
inline constexpr Verdict scope{403, "Resource not accessible by personal access token"};
inline constexpr Verdict needs_push{403, "Must have push access to Repository."};
inline constexpr Verdict needs_admin{403, "Must have admin rights to Repository."};
inline constexpr Verdict needs_owner{403, "You must be an organization owner."};

/// What the token's scopes allow on a route: to do what the route does, only to see the resource,
/// or neither.
enum class Fit { none, sees, opens };

/// Decision 0005 as a table: the answer of a route that demands `demand`, by the caller's
/// permission and by what the token's scopes allow.
struct Judgement {
  bool is_private;
  Standing demand;
  Fit fit;
  Verdict by_standing[5];  ///< nobody, none, pull, push, admin
};
// clang-format off
inline constexpr Judgement judgements[] = {
    // private, demand,        scopes:       nobody  none         pull         push         admin
    {true,  Standing::pull,   Fit::opens, {hidden, hidden,      open,        open,        open}},
    {true,  Standing::pull,   Fit::none,  {hidden, hidden,      hidden,      hidden,      hidden}},
    {true,  Standing::push,   Fit::opens, {hidden, hidden,      needs_push,  open,        open}},
    {true,  Standing::push,   Fit::none,  {hidden, hidden,      hidden,      hidden,      hidden}},
    {true,  Standing::admin,  Fit::opens, {hidden, hidden,      needs_admin, needs_admin, open}},
    {true,  Standing::admin,  Fit::sees,  {hidden, hidden,      scope,       scope,       scope}},
    {true,  Standing::admin,  Fit::none,  {hidden, hidden,      hidden,      hidden,      hidden}},
    {false, Standing::pull,   Fit::opens, {open,   open,        open,        open,        open}},
    {false, Standing::pull,   Fit::none,  {open,   open,        open,        open,        open}},
    {false, Standing::push,   Fit::opens, {login,  needs_push,  needs_push,  open,        open}},
    {false, Standing::push,   Fit::none,  {login,  scope,       scope,       scope,       scope}},
    {false, Standing::admin,  Fit::opens, {login,  needs_admin, needs_admin, needs_admin, open}},
    {false, Standing::admin,  Fit::sees,  {login,  scope,       scope,       scope,       scope}},
    {false, Standing::admin,  Fit::none,  {login,  scope,       scope,       scope,       scope}},
    {true,  Standing::review, Fit::opens, {hidden, hidden,      open,        open,        open}},
    {true,  Standing::review, Fit::sees,  {hidden, hidden,      scope,       scope,       scope}},
    {true,  Standing::review, Fit::none,  {hidden, hidden,      hidden,      hidden,      hidden}},
    {false, Standing::review, Fit::opens, {login,  open,        open,        open,        open}},
    {false, Standing::review, Fit::sees,  {login,  scope,       scope,       scope,       scope}},
    {false, Standing::review, Fit::none,  {login,  scope,       scope,       scope,       scope}},
};
// clang-format on

/// The scopes that open a route, all by name, including those that are part of a larger scope.
/// Public resources can be read with any scopes, so `on_public` does not count there.
struct Opens {
  std::string_view on_private;
  std::string_view on_public;
  /// Other scopes that show the resource; such a caller is told which scope is missing.
  std::string_view seen_by = "";
};
inline constexpr Opens code{"repo", "repo public_repo"};
inline constexpr Opens deployments{"repo repo_deployment", "repo repo_deployment public_repo"};
inline constexpr Opens gates{"repo", "repo public_repo", "repo_deployment"};
inline constexpr Opens statuses{"repo repo:status", "repo repo:status public_repo"};
inline constexpr Opens feed{"repo repo_deployment repo:status",
                            "repo repo_deployment repo:status public_repo"};
inline constexpr Opens invitations{"repo repo:invite", "repo repo:invite public_repo"};
inline constexpr Opens hook_reading{
    "repo admin:repo_hook write:repo_hook read:repo_hook",
    "repo admin:repo_hook write:repo_hook read:repo_hook public_repo"};
inline constexpr Opens hook_writing{"repo admin:repo_hook write:repo_hook",
                                    "repo admin:repo_hook write:repo_hook public_repo"};
inline constexpr Opens hook_deleting{"repo admin:repo_hook", "repo admin:repo_hook public_repo"};

/// A route below `{root}/repos/{owner}/{repo}`. Names in braces, in the path and in the body, are
/// replaced by existing ones, so that an admitted request succeeds.
struct RepositoryRoute {
  std::string_view method;
  std::string_view below;
  Standing demand;
  const Opens& opened_by;
  int answer;
  std::string_view body = "";
  std::string_view root = "";  ///< `/esclusa` for routes that GitHub does not have
  bool only_asks = false;      ///< it changes nothing, although it is not a GET
};
// clang-format off
inline constexpr RepositoryRoute repository_routes[] = {
    {"GET",    "",                                      Standing::pull,  code,          200},
    {"PATCH",  "",                                      Standing::admin, code,          200,
     R"({"description": "What customers see"})"},
    {"GET",    "/forks",                                Standing::pull,  code,          200},
    {"GET",    "/stargazers",                           Standing::pull,  code,          200},
    {"GET",    "/subscribers",                          Standing::pull,  code,          200},
    {"GET",    "/languages",                            Standing::pull,  code,          200},
    {"GET",    "/contributors",                         Standing::pull,  code,          200},
    {"GET",    "/events",                               Standing::pull,  code,          200},
    {"GET",    "/notifications",                        Standing::pull,  code,          200},
    {"GET",    "/issues",                               Standing::pull,  code,          200},
    {"GET",    "/issues/comments",                      Standing::pull,  code,          200},
    {"GET",    "/issues/events",                        Standing::pull,  code,          200},
    {"GET",    "/assignees",                            Standing::pull,  code,          200},
    {"GET",    "/labels",                               Standing::pull,  code,          200},
    {"GET",    "/milestones",                           Standing::pull,  code,          200},
    {"GET",    "/pulls",                                Standing::pull,  code,          200},
    {"GET",    "/releases",                             Standing::pull,  code,          200},
    {"GET",    "/comments",                             Standing::pull,  code,          200},

    {"GET",    "/deployments",                          Standing::pull,  deployments,   200},
    {"POST",   "/deployments",                          Standing::push,  deployments,   201,
     R"({"ref": "main", "auto_merge": false, "required_contexts": []})"},
    {"GET",    "/deployments/{deployment_id}",          Standing::pull,  deployments,   200},
    {"DELETE", "/deployments/{deployment_id}",          Standing::push,  deployments,   204},
    {"GET",    "/deployments/{deployment_id}/statuses", Standing::pull,  deployments,   200},
    {"POST",   "/deployments/{deployment_id}/statuses", Standing::push,  deployments,   201,
     R"({"state": "in_progress"})"},
    {"GET",    "/deployments/{deployment_id}/statuses/{status_id}",
                                                        Standing::pull,  deployments,   200},

    {"GET",    "/environments",                         Standing::pull,  code,          200},
    {"GET",    "/environments/{environment_name}",      Standing::pull,  code,          200},
    {"PUT",    "/environments/{environment_name}",      Standing::admin, code,          200,
     R"({"wait_timer": 1})"},
    {"GET",    "/environments/{environment_name}/deployment-branch-policies",
                                                        Standing::pull,  code,          200},
    {"POST",   "/environments/{environment_name}/deployment-branch-policies",
                                                        Standing::admin, code,          200,
     R"({"name": "v*", "type": "tag"})"},
    {"GET",    "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                        Standing::pull,  code,          200},
    {"PUT",    "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                        Standing::admin, code,          200,
     R"({"name": "main*"})"},
    {"DELETE", "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
                                                        Standing::admin, code,          204},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules",
                                                        Standing::pull,  code,          200},
    {"POST",   "/environments/{environment_name}/deployment_protection_rules",
                                                        Standing::admin, code,          201,
     R"({"integration_id": {integration_id}})"},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules/apps",
                                                        Standing::admin, code,          200},
    {"GET",    "/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
                                                        Standing::pull,  code,          200},
    {"DELETE", "/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
                                                        Standing::admin, code,          204},
    {"GET",    "/environments/{environment_name}/secrets", Standing::push, code,        200},
    {"GET",    "/environments/{environment_name}/secrets/public-key",
                                                        Standing::pull,  code,          200},
    {"GET",    "/environments/{environment_name}/secrets/{secret_name}",
                                                        Standing::push,  code,          200},
    {"PUT",    "/environments/{environment_name}/secrets/{secret_name}",
                                                        Standing::admin, code,          204,
     R"({"encrypted_value": "{encrypted_value}", "key_id": "{box_key_id}"})"},
    {"DELETE", "/environments/{environment_name}/secrets/{secret_name}",
                                                        Standing::admin, code,          204},
    {"GET",    "/environments/{environment_name}/variables", Standing::push, code,      200},
    {"POST",   "/environments/{environment_name}/variables", Standing::admin, code,     201,
     R"({"name": "NEW", "value": "eu"})"},
    {"GET",    "/environments/{environment_name}/variables/{name}",
                                                        Standing::push,  code,          200},
    {"PATCH",  "/environments/{environment_name}/variables/{name}",
                                                        Standing::admin, code,          204,
     R"({"value": "us"})"},
    {"DELETE", "/environments/{environment_name}/variables/{name}",
                                                        Standing::admin, code,          204},
    {"DELETE", "/environments/{environment_name}",      Standing::admin, code,          204},
    // Only the rule's app may answer, which is no permission of accounts.
    {"POST",   "/actions/runs/{run_id}/deployment_protection_rule",
                                                        Standing::push,  deployments,   403,
     R"({"environment_name": "checked", "state": "approved"})"},
    {"GET",    "/actions/runs/{run_id}",                Standing::pull,  deployments,   200},
    {"GET",    "/actions/runs/{run_id}/jobs",           Standing::pull,  deployments,   200},
    {"GET",    "/actions/runs/{run_id}/artifacts",      Standing::pull,  deployments,   200},
    {"GET",    "/actions/workflows/{workflow_id}",      Standing::pull,  deployments,   200},
    {"GET",    "/actions/runs/{run_id}/pending_deployments",
                                                        Standing::pull,  deployments,   200},
    // Reviewers are not a permission, and are judged later: this body is refused before that.
    {"POST",   "/actions/runs/{run_id}/pending_deployments",
                                                        Standing::review, gates,        422,
     R"({"environment_ids": [], "state": "approved", "comment": ""})"},
    {"GET",    "/actions/runs/{run_id}/approvals",      Standing::pull,  deployments,   200},
    {"GET",    "/deployments/{deployment_id}/gates",    Standing::pull,  deployments,   200, "",
     "/esclusa"},
    // That deployment does not wait.
    {"POST",   "/deployments/{deployment_id}/bypass",   Standing::admin, gates,         422,
     R"({"reason": "It burns."})", "/esclusa"},
    {"POST",   "/deployments/dry_run",                  Standing::push,  deployments,   200,
     R"({"ref": "main", "auto_merge": false})", "/esclusa", true},

    {"POST",   "/statuses/{sha}",                       Standing::push,  statuses,      201,
     R"({"state": "success"})"},
    {"GET",    "/statuses/{ref...}",                    Standing::pull,  statuses,      200},
    {"GET",    "/commits/{ref...}/statuses",            Standing::pull,  statuses,      200},
    {"GET",    "/commits/{ref...}/status",              Standing::pull,  statuses,      200},

    {"GET",    "/commits/{ref...}/check-runs",          Standing::pull,  code,          200},
    {"GET",    "/commits/{ref...}/check-suites",        Standing::pull,  code,          200},
    {"GET",    "/check-suites/{check_suite_id}",        Standing::pull,  code,          200},
    {"GET",    "/check-suites/{check_suite_id}/check-runs", Standing::pull, code,       200},
    {"POST",   "/check-runs",                           Standing::push,  code,          201,
     R"({"name": "build", "head_sha": "{sha}"})"},
    {"GET",    "/check-runs/{check_run_id}",            Standing::pull,  code,          200},
    {"PATCH",  "/check-runs/{check_run_id}",            Standing::push,  code,          200,
     R"({"conclusion": "success"})"},
    {"GET",    "/check-runs/{check_run_id}/annotations", Standing::pull, code,          200},

    {"GET",    "/branches",                             Standing::pull,  code,          200},
    {"GET",    "/branches/{branch...}",                 Standing::pull,  code,          200},
    {"GET",    "/branches/{branch...}/protection",      Standing::admin, code,          200},
    {"GET",    "/tags",                                 Standing::pull,  code,          200},
    {"GET",    "/git/ref/{ref...}",                     Standing::pull,  code,          200},
    {"GET",    "/git/refs",                             Standing::pull,  code,          200},
    {"GET",    "/git/refs/{ref...?}",                   Standing::pull,  code,          200},
    {"GET",    "/git/matching-refs/{ref...?}",          Standing::pull,  code,          200},
    {"GET",    "/git/tags/{tag_sha}",                   Standing::pull,  code,          200},
    {"GET",    "/git/commits/{commit_sha}",             Standing::pull,  code,          200},
    {"GET",    "/git/trees/{tree_sha...}",              Standing::pull,  code,          200},
    {"GET",    "/git/blobs/{file_sha}",                 Standing::pull,  code,          200},
    {"GET",    "/contents",                             Standing::pull,  code,          200},
    {"GET",    "/contents/{path...?}",                  Standing::pull,  code,          200},
    {"GET",    "/tarball",                              Standing::pull,  code,          302},
    {"GET",    "/tarball/{ref...?}",                    Standing::pull,  code,          302},
    {"GET",    "/zipball",                              Standing::pull,  code,          302},
    {"GET",    "/zipball/{ref...?}",                    Standing::pull,  code,          302},
    {"GET",    "/tarball/{commit_sha}",                 Standing::pull,  code,          200, "",
     "/esclusa"},
    {"GET",    "/zipball/{commit_sha}",                 Standing::pull,  code,          200, "",
     "/esclusa"},
    {"GET",    "/compare/{basehead...}",                Standing::pull,  code,          200},
    {"GET",    "/commits",                              Standing::pull,  code,          200},
    {"GET",    "/commits/{ref...}/branches-where-head", Standing::pull,  code,          200},
    {"GET",    "/commits/{ref...}/pulls",               Standing::pull,  code,          200},
    {"GET",    "/commits/{ref...}/comments",            Standing::pull,  code,          200},
    {"GET",    "/commits/{ref...}",                     Standing::pull,  code,          200},

    {"GET",    "/hooks",                                Standing::admin, hook_reading,  200},
    {"POST",   "/hooks",                                Standing::admin, hook_writing,  201,
     R"({"config": {"url": "https://hooks.example/matrix"}, "events": ["deployment"]})"},
    {"GET",    "/hooks/{hook_id}",                      Standing::admin, hook_reading,  200},
    {"PATCH",  "/hooks/{hook_id}",                      Standing::admin, hook_writing,  200,
     R"({"active": false})"},
    {"DELETE", "/hooks/{hook_id}",                      Standing::admin, hook_deleting, 204},
    {"POST",   "/hooks/{hook_id}/pings",                Standing::admin, hook_reading,  204},
    {"POST",   "/hooks/{hook_id}/tests",                Standing::admin, hook_reading,  204},
    {"POST",   "/hooks/{hook_id}/test",                 Standing::admin, hook_reading,  204},
    {"GET",    "/hooks/{hook_id}/config",               Standing::admin, hook_reading,  200},
    {"PATCH",  "/hooks/{hook_id}/config",               Standing::admin, hook_writing,  200,
     R"({"content_type": "json"})"},
    {"GET",    "/hooks/{hook_id}/deliveries",           Standing::admin, hook_reading,  200},
    {"GET",    "/hooks/{hook_id}/deliveries/{delivery_id}",
                                                        Standing::admin, hook_reading,  200},
    {"POST",   "/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
                                                        Standing::admin, hook_writing,  202},
    {"GET",    "/hooks/{hook_id}/deliveries",           Standing::admin, hook_reading,  200,
     "", "/esclusa"},
    {"POST",   "/hooks/{hook_id}/replay",               Standing::admin, hook_writing,  202,
     R"({"state": "dead"})", "/esclusa"},
    {"PUT",    "/hooks/{hook_id}/secret",               Standing::admin, hook_writing,  200,
     R"({"secret": "new"})", "/esclusa"},
    {"PUT",    "/hooks/{hook_id}/owner",                Standing::admin, hook_writing,  200,
     "", "/esclusa"},

    {"GET",    "/teams",                                Standing::pull,  code,          200},

    {"GET",    "/collaborators",                        Standing::push,  code,          200},
    {"GET",    "/collaborators/{username}",             Standing::push,  code,          204},
    {"PUT",    "/collaborators/{username}",             Standing::admin, code,          204,
     R"({"permission": "pull"})"},
    {"DELETE", "/collaborators/{username}",             Standing::admin, code,          204},
    {"GET",    "/collaborators/{username}/permission",  Standing::push,  code,          200},
    {"GET",    "/invitations",                          Standing::admin, invitations,   200},

    {"GET",    "/keys",                                 Standing::admin, code,          200},
    {"POST",   "/keys",                                 Standing::admin, code,          201,
     R"({"key": "{new_key}"})"},
    {"GET",    "/keys/{key_id}",                        Standing::admin, code,          200},
    {"DELETE", "/keys/{key_id}",                        Standing::admin, code,          204},

    {"GET",    "/events",                               Standing::pull,  feed,          200, "",
     "/esclusa"},
    {"GET",    "/live", Standing::pull, deployments, 200, "", "/esclusa"},
    {"POST",   "/environments/{environment_name}/rollback", Standing::push, deployments, 201,
     R"({"to": {served_id}, "reason": "It burns."})", "/esclusa"},
    {"POST",   "/environments/{environment_name}/promote", Standing::push, deployments, 201,
     R"({"from": "served", "required_contexts": []})", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/redeploy", Standing::push, deployments, 201,
     R"({"required_contexts": []})", "/esclusa"},
    {"GET",    "/stats", Standing::pull, deployments, 200, "", "/esclusa"},
    {"GET",    "/audit", Standing::admin, code, 200, "", "/esclusa"},
    {"GET",    "/agents", Standing::admin, code, 200, "", "/esclusa"},
    {"GET",    "/deployments/{deployment_id}/log",      Standing::pull,  deployments,   200, "",
     "/esclusa"},
    {"PATCH",  "/deployments/{deployment_id}/log",      Standing::push,  deployments,   200,
     "begin, and more", "/esclusa"},
    // A heartbeat and a release need a fence: without one, who is admitted is told so.
    {"GET",    "/deployments/{deployment_id}/claim",    Standing::pull,  deployments,   200,
     "", "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/claim",    Standing::push,  deployments,   201,
     "", "/esclusa"},
    {"PUT",    "/deployments/{deployment_id}/claim",    Standing::push,  deployments,   400,
     "", "/esclusa"},
    {"DELETE", "/deployments/{deployment_id}/claim",    Standing::push,  deployments,   400,
     "", "/esclusa"},
    // Only an agent gets secrets, which is no permission of accounts.
    {"POST",   "/deployments/{deployment_id}/claim/secrets", Standing::review, deployments, 403,
     "", "/esclusa"},
};
// clang-format on

/// The role of an account in an organization. Site administrators are owners of all.
enum class Membership { none, member, owner };

/// The callers that a route below `/orgs/{org}` serves, and the answer to others: whoever is no
/// member, or has a token without any of the scopes, gets a 404.
struct Place {
  std::string_view opened_by;  ///< all scopes by name, as in `Opens`
  Verdict to_members;
};
inline constexpr Place hooks_there{"admin:org_hook", hidden};
inline constexpr Place reading_there{"read:org write:org admin:org", open};
inline constexpr Place team_repositories{"read:org write:org admin:org repo", open};
inline constexpr Place memberships{"write:org admin:org", needs_owner};
inline constexpr Place team_changes{"admin:org", needs_owner};

struct OrganizationRoute {
  std::string_view method;
  std::string_view path;
  const Place& place;
  int answer;
  std::string_view body = "";
};
// clang-format off
inline constexpr OrganizationRoute organization_routes[] = {
    {"GET",    "/orgs/{org}/hooks", hooks_there, 200},
    {"POST",   "/orgs/{org}/hooks", hooks_there, 201,
     R"({"name": "web", "config": {"url": "https://hooks.example/matrix"}})"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}", hooks_there, 200},
    {"PATCH",  "/orgs/{org}/hooks/{hook_id}", hooks_there, 200,
     R"({"active": false})"},
    {"DELETE", "/orgs/{org}/hooks/{hook_id}", hooks_there, 204},
    {"POST",   "/orgs/{org}/hooks/{hook_id}/pings", hooks_there, 204},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/config", hooks_there, 200},
    {"PATCH",  "/orgs/{org}/hooks/{hook_id}/config", hooks_there, 200,
     R"({"content_type": "json"})"},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/deliveries", hooks_there, 200},
    {"GET",    "/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}", hooks_there, 200},
    {"POST",   "/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}/attempts", hooks_there, 202},
    {"GET",    "/esclusa/orgs/{org}/hooks/{hook_id}/deliveries", hooks_there, 200},
    {"POST",   "/esclusa/orgs/{org}/hooks/{hook_id}/replay", hooks_there, 202, "{}"},
    {"PUT",    "/esclusa/orgs/{org}/hooks/{hook_id}/secret", hooks_there, 200,
     R"({"secret": "new"})"},
    {"PUT",    "/esclusa/orgs/{org}/hooks/{hook_id}/owner", hooks_there, 200},

    {"GET",    "/orgs/{org}/members",                  reading_there,     200},
    {"GET",    "/orgs/{org}/members/{username}",       reading_there,     204},
    {"DELETE", "/orgs/{org}/members/{username}",       memberships,       204},
    {"GET",    "/orgs/{org}/memberships/{username}",   reading_there,     200},
    {"PUT",    "/orgs/{org}/memberships/{username}",   memberships,       200,
     R"({"role": "admin"})"},
    {"DELETE", "/orgs/{org}/memberships/{username}",   memberships,       204},

    {"GET",    "/orgs/{org}/teams",                    reading_there,     200},
    {"POST",   "/orgs/{org}/teams",                    team_changes,      201,
     R"({"name": "New"})"},
    {"GET",    "/orgs/{org}/teams/{team_slug}",        reading_there,     200},
    {"PATCH",  "/orgs/{org}/teams/{team_slug}",        team_changes,      201,
     R"({"name": "New"})"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}",        team_changes,      204},
    {"GET",    "/orgs/{org}/teams/{team_slug}/members", reading_there,    200},
    {"GET",    "/orgs/{org}/teams/{team_slug}/members/{username}", reading_there, 204},
    {"GET",    "/orgs/{org}/teams/{team_slug}/memberships/{username}", reading_there, 200},
    {"PUT",    "/orgs/{org}/teams/{team_slug}/memberships/{username}", memberships, 200, "{}"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}/memberships/{username}", memberships, 204},
    {"GET",    "/orgs/{org}/teams/{team_slug}/repos",  team_repositories, 200},
    {"GET",    "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", team_repositories, 204},
    {"PUT",    "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", team_changes, 204,
     R"({"permission": "push"})"},
    {"DELETE", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", team_changes, 204},
};

/// A caller, an organization, and the caller's role in it.
struct OrganizationSubject {
  std::string_view name;
  std::string_view login;
  std::string_view organization;
  Membership membership;
};
inline constexpr OrganizationSubject organization_subjects[] = {
    {"an admin of the organization",          "director",  "works",  Membership::owner},
    {"the site administrator",                "chief",     "works",  Membership::owner},
    {"the site administrator elsewhere",      "chief",     "others", Membership::owner},
    {"an admin of another organization",      "director",  "others", Membership::none},
    {"a member",                              "member",    "works",  Membership::member},
    {"a member with the role write",          "colleague", "works",  Membership::member},
    {"an account that is no member",          "stranger",  "works",  Membership::none},
    {"an owner of repositories elsewhere",    "ada",       "works",  Membership::none},
    {"about a user, who is no organization",  "ada",       "ada",    Membership::none},
    {"the site administrator about a user",   "chief",     "ada",    Membership::none},
};
// clang-format on

/// A caller, and the caller's permission in the repository of the request.
struct Subject {
  std::string_view name;
  std::string_view login;
  std::string_view owner;  ///< owner of the repository: ada, or the organization
  Standing standing;
};
// clang-format off
inline constexpr Subject subjects[] = {
    {"an account without a role",               "stranger",   "ada",   Standing::none},
    {"the role read",                           "reader",     "ada",   Standing::pull},
    {"the role triage",                         "triager",    "ada",   Standing::pull},
    {"the role write",                          "writer",     "ada",   Standing::push},
    {"the role maintain",                       "maintainer", "ada",   Standing::push},
    {"the role admin",                          "steward",    "ada",   Standing::admin},
    {"a bot with the role write",               "robot",      "ada",   Standing::push},
    {"the owner",                               "ada",        "ada",   Standing::admin},
    {"the site administrator",                  "chief",      "ada",   Standing::admin},
    {"an admin of another organization",        "director",   "ada",   Standing::none},
    {"an admin of the organization",            "director",   "works", Standing::admin},
    {"a member of the organization",            "member",     "works", Standing::none},
    {"a member with the role write",            "colleague",  "works", Standing::push},
    {"an account without a role there",         "stranger",   "works", Standing::none},
    {"the site administrator there",            "chief",      "works", Standing::admin},
};
// clang-format on

/// The scopes of tokens; the route's `Opens` says whether one of them fits.
inline constexpr std::string_view scope_sets[] = {
    "",
    "repo",
    "public_repo",
    "repo_deployment",
    "repo:status",
    "admin:repo_hook",
    "write:repo_hook",
    "read:repo_hook",
    "workflow user",
    "repo:invite security_events admin:org admin:public_key delete_repo",
    "admin:org_hook",
    "public_repo repo:status",
    "repo_deployment read:repo_hook",
    "repo:status write:repo_hook workflow",
    "repo user delete_repo",
    "read:org",
    "write:org",
};

}  // namespace esclusa::test::rules
