#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "api/call.h"
#include "core/operation.h"
#include "http/lane.h"

namespace esclusa::api {

/// A handler that only reads rows. It answers in the snapshot in which the request was admitted.
using ReadHandler = Result<http::Response> (*)(const Call&, app::Reader&);

struct Route {
  std::string_view method;
  /// `/repos/{owner}/{repo}/deployments/{deployment_id}`. `{ref...}` also takes slashes;
  /// `{ref...?}` may also be empty, end with a slash, or be no UTF-8.
  std::string_view pattern;
  const core::Operation* operation;  ///< what it does, and who may
  std::string_view accepted_scopes;  ///< `X-Accepted-OAuth-Scopes`, as recorded from GitHub
  http::Lane lane;                   ///< where it is answered, through the network
  std::string_view documentation;    ///< below `https://docs.github.com/rest/`
  std::variant<Handler, ReadHandler> handler;
  /// What it shows is kept, so it is worth a try to answer without rows, and whole answers are
  /// kept, too: they may depend on nothing but rows and on what api/kept_answers.cc names.
  bool is_kept = false;
};

/// Every route of the API. Each file of handlers has its own part: `api/route_tables.h`.
std::span<const Route> routes();

/// Throws (a bug) if a route has no operation, or if the operation declares no scopes where it
/// must: such a server does not start.
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

/// Finds routes; made once from a table, which must outlive it.
class RouteIndex {
 public:
  explicit RouteIndex(std::span<const Route> table);
  /// `nullopt` if no route has that method and path. GET routes serve HEAD as well.
  std::optional<Match> match(const http::Request& request) const;

  struct Path;

 private:
  struct Pattern {
    const Route* route;
    std::vector<std::string_view> parts;
    bool takes_many;
    bool may_end_with_slash;
  };
  static bool fits(const Pattern& pattern, const Path& path,
                   std::vector<PathParameter>& parameters);

  std::vector<Pattern> patterns_;  ///< in the order of the table: the first that fits counts
};

/// The route of the API that a request leads to.
std::optional<Match> match_route(const http::Request& request);

}  // namespace esclusa::api
