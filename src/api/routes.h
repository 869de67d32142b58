#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace esclusa::api {

/// Whom a route serves, beside the role and scopes that it demands.
enum class Audience {
  repository,    ///< below `/repos/{owner}/{repo}`, also under `/esclusa`: judged for it
  organization,  ///< below `/orgs/{org}/`, also under `/esclusa`: judged for it
  account,       ///< needs a token, of whatever scopes unless the route names some
  anyone,        ///< also without a token: what the server says of itself
  viewer,        ///< also without a token: a list of what the caller may read
  local_admin,   ///< only through the administrator's unix socket
  ssh,           ///< only through the unix socket of OpenSSH's helpers
};

/// Whether a handler may wait for a commit, git or hashing, and so belongs on the pool.
enum class Waits { no, yes };

struct Route {
  std::string_view method;
  /// `/repos/{owner}/{repo}/deployments/{deployment_id}`; `{ref...}` takes slashes too, and
  /// `{ref...?}` also nothing, a slash at its end, and any bytes.
  std::string_view pattern;
  Audience audience;
  core::Requirement requirement;
  std::string_view accepted_scopes;  ///< `X-Accepted-OAuth-Scopes`, as recorded from GitHub
  Waits waits;
  std::string_view documentation;  ///< below `https://docs.github.com/rest/`
  Handler handler;
  /// In a repository: whoever may read by one of these sees what the route is about, and is told
  /// 403 `missing_scope` where `requirement` would hide it.
  core::Scopes seen_by = {};
};

/// Every route of the API; the one place that names them.
std::span<const Route> routes();

/// A bug (thrown) if a route declares no scope where it must: such a server does not start.
void check_routes(std::span<const Route> table = routes());

/// What a request's path leads to. What GitHub also names by ids stands for what the table has:
/// `/repositories/{id}` for `/repos/{owner}/{repo}`, `/organizations/{id}` for `/orgs/{org}`,
/// `/organizations/{id}/team/{id}` and `/teams/{id}` for `/orgs/{org}/teams/{team_slug}`. The
/// parameters that an id stands for are empty. Everything also answers under `/api/v3`.
struct Match {
  const Route* route;
  std::vector<PathParameter> path;
  std::optional<RepositoryId> repository_id;
  std::optional<AccountId> organization_id = {};
  std::optional<TeamId> team_id = {};
  bool under_api_v3 = false;
};
/// Nothing if no route has that method and path. HEAD is served by GET.
std::optional<Match> match_route(const http::Request& request,
                                 std::span<const Route> table = routes());

}  // namespace esclusa::api
