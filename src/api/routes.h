#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace esclusa::api {

/// The callers that a route serves, besides the role and scopes that it demands.
enum class Audience {
  repository,    ///< below `/repos/{owner}/{repo}`, also under `/esclusa`: access to the repository
                 ///< is judged
  organization,  ///< below `/orgs/{org}/`, also under `/esclusa`: access to the organization is
                 ///< judged
  account,       ///< needs a token, with any scopes unless the route names some
  anyone,        ///< also without a token: what the server says about itself
  viewer,        ///< also without a token: a list of what the caller may read
  local_admin,   ///< only through the administrator's unix socket
  ssh,           ///< only through the unix socket for OpenSSH's helpers
};

/// Whether a handler may wait for a commit, git or hashing, and so must run on the worker pool.
enum class Waits { no, yes };

struct Route {
  std::string_view method;
  /// `/repos/{owner}/{repo}/deployments/{deployment_id}`. `{ref...}` also takes slashes;
  /// `{ref...?}` may also be empty, end with a slash, or be no UTF-8.
  std::string_view pattern;
  Audience audience;
  core::Requirement requirement;
  std::string_view accepted_scopes;  ///< `X-Accepted-OAuth-Scopes`, as recorded from GitHub
  Waits waits;
  std::string_view documentation;  ///< below `https://docs.github.com/rest/`
  Handler handler;
  /// For repositories: a caller whose token may read by one of these scopes learns that the
  /// resource exists. It gets 403 `missing_scope` where `requirement` would hide the resource
  /// (404).
  core::Scopes seen_by = {};
};

/// Every route of the API; no other place names routes.
std::span<const Route> routes();

/// Throws (a bug) if a route that must declare scopes declares none: such a server does not start.
void check_routes(std::span<const Route> table = routes());

/// The route that a request's path leads to. Where GitHub also accepts ids, a path with ids leads
/// to the route with names: `/repositories/{id}` to `/repos/{owner}/{repo}`, `/organizations/{id}`
/// to `/orgs/{org}`, `/organizations/{id}/team/{id}` and `/teams/{id}` to
/// `/orgs/{org}/teams/{team_slug}`. The parameters that an id replaces are empty. Every route also
/// answers under `/api/v3`.
struct Match {
  const Route* route;
  std::vector<PathParameter> path;
  std::optional<RepositoryId> repository_id;
  std::optional<AccountId> organization_id = {};
  std::optional<TeamId> team_id = {};
  bool under_api_v3 = false;
};
/// `nullopt` if no route has that method and path. GET routes serve HEAD as well.
std::optional<Match> match_route(const http::Request& request,
                                 std::span<const Route> table = routes());

}  // namespace esclusa::api
