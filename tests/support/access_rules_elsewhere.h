#pragma once
#include "support/access_rules.h"

/// Who may do what without a repository or an organization, written by hand like access_rules.h.
namespace esclusa::test::rules {

/// A route without a repository: its answer without a token, with any valid token, and with a token
/// that has one of the scopes.
struct OtherRoute {
  std::string_view method;
  std::string_view path;
  Verdict to_nobody;
  Verdict to_accounts;
  std::string_view opened_by = "";
  std::string_view query = "";   ///< without which it is refused
  bool for_site_admins = false;  ///< all other accounts get `not_site_admin`
};
inline constexpr Verdict not_site_admin{403, "You must be a site administrator."};
// clang-format off
inline constexpr OtherRoute other_routes[] = {
    {"GET",    "/user",             login, {200, ""}},
    {"GET",    "/user/repos",       login, {200, ""}},
    {"GET",    "/user/orgs",        login, {200, ""}, "user read:org write:org admin:org"},
    {"GET",    "/users/{username}", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/repos", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/orgs",  {200, ""}, {200, ""}},
    {"GET",    "/orgs/{org}/repos", {200, ""}, {200, ""}},
    {"GET",    "/orgs/{org}",       {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/followers", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/following", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/subscriptions", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/starred", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/gists", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/events", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/events/public", {200, ""}, {200, ""}},
    {"GET",    "/users/{username}/received_events", {200, ""}, {200, ""}},
    {"GET",    "/orgs/{org}/events", {200, ""}, {200, ""}},
    {"GET",    "/orgs/{org}/issues", {200, ""}, {200, ""}},
    {"GET",    "/orgs/{org}/public_members", {200, ""}, {200, ""}},
    {"GET",    "/events", {200, ""}, {200, ""}},
    {"GET",    "/gists/public", {200, ""}, {200, ""}},
    {"GET",    "/emojis", {200, ""}, {200, ""}},
    {"GET",    "/feeds", {200, ""}, {200, ""}},
    {"GET",    "/user/emails", login, {200, ""}},
    {"GET",    "/user/followers", login, {200, ""}},
    {"GET",    "/user/following", login, {200, ""}},
    {"GET",    "/user/keys", login, {200, ""}},
    {"GET",    "/user/starred", login, {200, ""}},
    {"GET",    "/issues", login, {200, ""}},
    {"GET",    "/notifications", login, {200, ""}},
    {"GET",    "/gists", login, {200, ""}},
    {"GET",    "/gists/starred", login, {200, ""}},
    {"GET",    "/search/repositories", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/users", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/issues", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/labels", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/topics", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/commits", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/search/code", {200, ""}, {200, ""}, "", "q=a"},
    {"GET",    "/",                 {200, ""}, {200, ""}},
    {"GET",    "/meta",             {200, ""}, {200, ""}},
    {"GET",    "/versions",         {200, ""}, {200, ""}},
    {"GET",    "/zen",              {200, ""}, {200, ""}},
    {"GET",    "/openapi.json",     {200, ""}, {200, ""}},
    {"GET",    "/openapi.json",     {200, ""}, {200, ""}},
    {"GET",    "/apps/{app_slug}",  {200, ""}, {200, ""}},
    {"GET",    "/esclusa/events",   login, {200, ""}},
    {"GET",    "/esclusa/live",     login, {200, ""}},
    {"GET",    "/esclusa/audit",    login, {200, ""}, "admin:org", "", true},
    {"GET",    "/esclusa/agents",   login, {200, ""}, "admin:org", "", true},
    {"GET",    "/rate_limit",       {404, "Rate limiting is not enabled."},
                                    {404, "Rate limiting is not enabled."}},
    // Administration has its own unix socket, and does not exist on the network.
    {"POST",   "/esclusa/admin/live/repairs",                                 hidden, hidden},
    {"GET",    "/esclusa/admin/users",                                        hidden, hidden},
    {"POST",   "/esclusa/admin/users",                                        hidden, hidden},
    {"GET",    "/esclusa/admin/users/{login}/tokens",                         hidden, hidden},
    {"POST",   "/esclusa/admin/users/{login}/tokens",                         hidden, hidden},
    {"DELETE", "/esclusa/admin/tokens/{token_id}",                            hidden, hidden},
    {"PUT",    "/esclusa/admin/users/{login}/blocked",                        hidden, hidden},
    {"DELETE", "/esclusa/admin/users/{login}/blocked",                        hidden, hidden},
    {"PUT",    "/esclusa/admin/organizations/{organization}/members/{login}", hidden, hidden},
    {"GET",    "/esclusa/admin/repositories",                                 hidden, hidden},
    {"POST",   "/esclusa/admin/repositories",                                 hidden, hidden},
    {"PATCH",  "/esclusa/admin/repositories/{owner}/{repo}",                  hidden, hidden},
    {"DELETE", "/esclusa/admin/repositories/{owner}/{repo}",                  hidden, hidden},
    {"PUT",    "/esclusa/admin/repositories/{owner}/{repo}/roles/{login}",    hidden, hidden},
    {"PUT",    "/esclusa/admin/repositories/{owner}/{repo}/environments",     hidden, hidden},
    {"GET",    "/esclusa/admin/repositories/{owner}/{repo}/branch-protections", hidden, hidden},
    {"PUT",    "/esclusa/admin/repositories/{owner}/{repo}/branch-protections/{pattern...}",
                                                                              hidden, hidden},
    {"DELETE", "/esclusa/admin/repositories/{owner}/{repo}/branch-protections/{pattern...}",
                                                                              hidden, hidden},
    {"GET",    "/esclusa/admin/repositories/{owner}/{repo}/agent-tokens",     hidden, hidden},
    {"POST",   "/esclusa/admin/repositories/{owner}/{repo}/agent-tokens",     hidden, hidden},
    {"DELETE", "/esclusa/admin/agent-tokens/{agent_token_id}",                hidden, hidden},
    {"GET",    "/esclusa/admin/backup",                                       hidden, hidden},
    {"POST",   "/esclusa/admin/secret-key/rotations",                         hidden, hidden},
    {"GET",    "/esclusa/admin/audit",                                        hidden, hidden},
    {"GET",    "/esclusa/admin/doctor",                                       hidden, hidden},
    {"GET",    "/esclusa/admin/doctor/tables",                                hidden, hidden},
    {"GET",    "/esclusa/admin/doctor/tables/{table}",                        hidden, hidden},
    {"GET",    "/esclusa/admin/retention",                                    hidden, hidden},
    {"POST",   "/esclusa/admin/retention/rounds",                             hidden, hidden},
    {"GET",    "/esclusa/admin/apps",                                         hidden, hidden},
    {"POST",   "/esclusa/admin/apps",                                         hidden, hidden},
    {"DELETE", "/esclusa/admin/apps/{app_slug}",                              hidden, hidden},
    {"PUT",    "/esclusa/admin/apps/{app_slug}/permissions",                  hidden, hidden},
    {"POST",   "/esclusa/admin/apps/{app_slug}/keys",                         hidden, hidden},
    {"DELETE", "/esclusa/admin/apps/{app_slug}/keys/{key_id}",                hidden, hidden},
    {"PUT",    "/esclusa/admin/apps/{app_slug}/hook",                         hidden, hidden},
    {"DELETE", "/esclusa/admin/apps/{app_slug}/hook",                         hidden, hidden},
    {"PUT",    "/esclusa/admin/apps/{app_slug}/installations/{account}",      hidden, hidden},
    {"DELETE", "/esclusa/admin/apps/{app_slug}/installations/{account}",      hidden, hidden},
    {"PUT",    "/esclusa/admin/apps/{app_slug}/installations/{account}/suspended",
                                                                              hidden, hidden},
    {"DELETE", "/esclusa/admin/apps/{app_slug}/installations/{account}/suspended",
                                                                              hidden, hidden},
    // The routes for OpenSSH's helpers have a unix socket of their own, too.
    {"POST",   "/esclusa/ssh/keys",                                           hidden, hidden},
    {"POST",   "/esclusa/ssh/sessions",                                       hidden, hidden},
    {"POST",   "/esclusa/ssh/sessions/{session}/checks",                      hidden, hidden},
    {"POST",   "/esclusa/ssh/sessions/{session}/changes",                     hidden, hidden},
    {"PUT",    "/esclusa/ssh/sessions/{session}/changes",                     hidden, hidden},
    {"DELETE", "/esclusa/ssh/sessions/{session}",                             hidden, hidden},
};
// clang-format on

}  // namespace esclusa::test::rules
