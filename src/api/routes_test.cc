#include "api/routes.h"

#include <doctest/doctest.h>

#include <set>

#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;
using core::Audience;
using test::make_request;

namespace {

/// The pattern that a request matches; empty if there is none.
std::string pattern(const std::string& method, const std::string& target) {
  auto match = match_route(make_request(method, target));
  if (!match) return "";
  CHECK(match->route->method == (method == "HEAD" ? "GET" : method));
  return std::string(match->route->pattern);
}

/// The decoded value of a path parameter.
std::string parameter(const std::string& target, std::string_view name) {
  auto match = match_route(make_request("GET", target));
  REQUIRE(match);
  for (const PathParameter& each : match->path) {
    if (each.name == name) return each.value;
  }
  return "(none)";
}

const std::string deployments = "/repos/{owner}/{repo}/deployments";

}  // namespace

TEST_CASE("match_route: a path leads to its route, whatever the query") {
  CHECK(pattern("GET", "/repos/demo/shop") == "/repos/{owner}/{repo}");
  CHECK(pattern("GET", "/repos/demo/shop/deployments") == deployments);
  CHECK(pattern("GET", "/repos/demo/shop/deployments?page=2&x=/a/") == deployments);
  CHECK(pattern("POST", "/repos/demo/shop/deployments") == deployments);
  CHECK(pattern("DELETE", "/repos/demo/shop/deployments/7") == deployments + "/{deployment_id}");
  CHECK(pattern("GET", "/repos/demo/shop/deployments/7/statuses/8") ==
        deployments + "/{deployment_id}/statuses/{status_id}");
  CHECK(pattern("GET", "/user") == "/user");
}

TEST_CASE("match_route: methods are case-sensitive, and GET routes serve HEAD") {
  CHECK(pattern("HEAD", "/repos/demo/shop/deployments") == deployments);
  for (auto method : {"PUT", "PATCH", "DELETE", "OPTIONS", "get", "Get", "post", ""}) {
    CAPTURE(method);
    CHECK(pattern(method, "/repos/demo/shop/deployments") == "");
  }
  CHECK(pattern("HEAD", "/repos/demo/shop/hooks/1/pings") == "");  // it has only POST
}

TEST_CASE("match_route: every route also answers under /api/v3, but not twice nested") {
  auto match = match_route(make_request("GET", "/api/v3/repos/demo/shop/deployments?page=2"));
  REQUIRE(match);
  CHECK(match->under_api_v3);
  CHECK(match->route->pattern == deployments);
  CHECK_FALSE(match_route(make_request("GET", "/user"))->under_api_v3);
  CHECK(pattern("GET", "/api/v3/user") == "/user");
  CHECK(pattern("GET", "/api/v3") == "/");
  CHECK(pattern("GET", "/api/v3/") == "/");
  for (auto target : {"/api/v3//", "/api/v3/api/v3/user", "/api/v4/user", "/api/user",
                      "/API/V3/user", "/v3/user", "/api/v3user"}) {
    CAPTURE(target);
    CHECK(pattern("GET", target) == "");
  }
}

TEST_CASE("match_route: /repositories/{id} stands for /repos/{owner}/{repo}") {
  struct Row {
    const char* target;
    std::string pattern;
  };
  const Row rows[] = {
      {"/repositories/12", "/repos/{owner}/{repo}"},
      {"/repositories/12/deployments", deployments},
      {"/api/v3/repositories/12/deployments/7", deployments + "/{deployment_id}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    auto match = match_route(make_request("GET", row.target));
    REQUIRE(match);
    CHECK(match->route->pattern == row.pattern);
    CHECK(match->repository_id == RepositoryId{12});
  }
  for (auto target : {"/repositories", "/repositories/0", "/repositories/-1", "/repositories/012",
                      "/repositories/x/deployments", "/repositories/12/", "/repositories/12/x",
                      "/repositories/99999999999999999999/deployments"}) {
    CAPTURE(target);
    CHECK(pattern("GET", target) == "");
  }
  CHECK_FALSE(match_route(make_request("GET", "/repos/demo/shop"))->repository_id);
}

TEST_CASE("match_route: organizations and teams by their ids, in GitHub's paths") {
  struct Row {
    const char* target;
    std::string pattern;
    std::optional<AccountId> organization;
    std::optional<TeamId> team;
  };
  const std::string team = "/orgs/{org}/teams/{team_slug}";
  const Row rows[] = {
      {"/organizations/7", "/orgs/{org}", AccountId{7}, {}},
      {"/organizations/7/teams", "/orgs/{org}/teams", AccountId{7}, {}},
      {"/organizations/7/team/9", team, AccountId{7}, TeamId{9}},
      {"/api/v3/organizations/7/team/9/members", team + "/members", AccountId{7}, TeamId{9}},
      {"/organizations/7/team/9/repos/works/shop", team + "/repos/{owner}/{repo}", AccountId{7},
       TeamId{9}},
      {"/teams/9", team, {}, TeamId{9}},
      {"/api/v3/teams/9/memberships/ada", team + "/memberships/{username}", {}, TeamId{9}},
      {"/esclusa/organizations/7/hooks/3/deliveries",
       "/esclusa/orgs/{org}/hooks/{hook_id}/deliveries",
       AccountId{7},
       {}},
      {"/orgs/works/teams/9", team, {}, {}},  // a slug that is a number
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    auto match = match_route(make_request("GET", row.target));
    REQUIRE(match);
    CHECK(match->route->pattern == row.pattern);
    CHECK(match->organization_id == row.organization);
    CHECK(match->team_id == row.team);
  }
  for (auto target : {"/organizations", "/organizations/x", "/organizations/07", "/teams",
                      "/teams/x", "/teams/0/members", "/teams/9/nothing", "/organizations/7/team",
                      "/organizations/7/team/ops", "/organizations/7/team/9/", "/esclusa/teams/9",
                      "/organizations/works/teams", "/orgs//teams", "/orgs//teams//members",
                      "/orgs/works/team/9", "/organizations/99999999999999999999"}) {
    CAPTURE(target);
    CHECK(pattern("GET", target) == "");
  }
}

TEST_CASE("match_route: no trailing slash, no empty segment, no path that does not begin with /") {
  for (auto target :
       {"", "//", "///", "*", "repos/demo/shop", "/repos/demo/shop/", "//repos/demo/shop",
        "/repos//shop", "/repos/demo//deployments", "/repos/demo/shop/deployments/", "/repos/demo",
        "/repos", "/repos/demo/shop/nothing", "?", "/user/", "/user//"}) {
    CAPTURE(target);
    CHECK(pattern("GET", target) == "");
  }
}

TEST_CASE("match_route: the beginning of a ref's name may end with a slash, or be empty") {
  const std::string git = "/repos/{owner}/{repo}/git";
  CHECK(pattern("GET", "/repos/a/b/git/refs") == git + "/refs");
  for (const std::string list : {"refs", "matching-refs"}) {
    const std::string path = "/repos/a/b/git/" + list;
    for (const auto& [below, value] : {std::pair{"/heads/x", "heads/x"},
                                       {"/tags/", "tags/"},
                                       {"/tags/v1/", "tags/v1/"},
                                       {"/tags%2F", "tags/"},
                                       {"/", ""}}) {
      CAPTURE(below);
      CHECK(pattern("GET", path + below) == git + "/" + list + "/{ref...?}");
      CHECK(parameter(path + below, "ref") == value);
    }
    for (auto below : {"//", "/tags//", "//tags", "/tags//v1"}) {
      CAPTURE(below);
      CHECK(pattern("GET", path + below) == "");
    }
    CHECK(parameter("/api/v3/repositories/12/git/" + list + "/tags/", "ref") == "tags/");
    CHECK(parameter(path + "/heads/caf%E9", "ref") == "heads/caf\xe9");  // git's names are bytes
    CHECK(pattern("GET", path + "/heads/%00") == "");
    CHECK(pattern("GET", "/repos/a/%E9/git/" + list + "/heads/x") == "");
    CHECK(pattern("GET", "/repositories/12/git/" + list + "/") == git + "/" + list + "/{ref...?}");
  }
  for (auto path : {"/git/ref/heads/x/", "/commits/", "/commits/main/", "/branches/", "/statuses/",
                    "/commits/main/status/", "/compare/a...b/", "/git/trees/"}) {
    CAPTURE(path);
    CHECK(pattern("GET", "/repos/a/b" + std::string(path)) == "");
    CHECK(pattern("GET", "/repositories/12" + std::string(path)) == "");
  }
}

TEST_CASE("match_route: parameters are decoded after the path is split") {
  CHECK(parameter("/repos/de%6Do/sh%20op", "owner") == "demo");
  CHECK(parameter("/repos/de%6Do/sh%20op", "repo") == "sh op");
  CHECK(parameter("/repos/a%2Fb/shop", "owner") == "a/b");
  CHECK(parameter("/repos/a+b/%C3%A9", "owner") == "a+b");
  CHECK(parameter("/repos/a+b/%C3%A9", "repo") == "é");
  CHECK(parameter("/repos/../..", "owner") == "..");  // they are names, never folders
  // An encoded slash does not split the path.
  CHECK(pattern("GET", "/repos/demo%2Fshop/deployments") == "/repos/{owner}/{repo}");
  CHECK(pattern("GET", "/repos%2Fdemo/shop") == "");
}

TEST_CASE("match_route: malformed encodings match nothing") {
  for (auto target : {"/repos/%/shop", "/repos/%4/shop", "/repos/%zz/shop", "/repos/demo/shop%",
                      "/repos/%ff/shop", "/repos/%c0%af/shop", "/repos/%ed%a0%80/shop",
                      "/repos/%00/shop", "/repos/demo/shop/deployments/%"}) {
    CAPTURE(target);
    CHECK(pattern("GET", target) == "");
  }
}

TEST_CASE("match_route: literal segments are case-sensitive, and a parameter may equal one") {
  CHECK(pattern("GET", "/esclusa/admin/users/statuses/tokens") ==
        "/esclusa/admin/users/{login}/tokens");
  CHECK(pattern("GET", "/Repos/demo/shop") == "");
  CHECK(pattern("GET", "/repos/demo/shop/Deployments") == "");
}

TEST_CASE("routes: each has a handler and documentation, and is in the table once") {
  check_routes();  // throws if the table is not sound
  std::set<std::string> seen;
  for (const Route& route : routes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    CAPTURE(name);
    CHECK(std::visit([](auto handler) { return handler != nullptr; }, route.handler));
    CHECK(seen.insert(name).second);
    CHECK(route.documentation.empty() == route.pattern.starts_with("/esclusa/"));
    CHECK(route.documentation.contains('#') == !route.documentation.empty());
    CHECK_FALSE(route.documentation.starts_with('/'));
  }
  CHECK(seen.size() > 20);
}

TEST_CASE("routes: changing something demands more than reading, and leaves the loop") {
  for (const Route& route : routes()) {
    CAPTURE(route.method);
    CAPTURE(route.pattern);
    const bool reads = route.method == "GET";
    // Routes that read git wait, too; the index and `/meta` do not.
    if (!reads) CHECK(route.lane != http::Lane::loop);
    // Reviewers need only the read role, but a token of their own; so do agents that ask for
    // secrets.
    const bool reviews = !reads && (route.pattern.ends_with("/pending_deployments") ||
                                    route.pattern.ends_with("/claim/secrets"));
    const core::Operation& operation = *route.operation;
    if (operation.audience == Audience::repository && !reads && !reviews) {
      CHECK(operation.role >= core::Role::write);
    }
    CHECK(operation.acts == reviews);
    if (route.pattern.contains("/hooks")) CHECK(operation.role == core::Role::admin);
    CHECK(route.pattern.starts_with("/esclusa/admin/") ==
          (operation.audience == Audience::local_admin));
    CHECK(route.pattern.starts_with("/esclusa/ssh/") == (operation.audience == Audience::ssh));
  }
}

TEST_CASE("routes: those that read git run on git's lane") {
  for (auto path : {"/branches", "/branches/a/b", "/tags", "/commits", "/commits/a/b",
                    "/git/ref/heads/a", "/git/refs", "/git/refs/heads", "/git/matching-refs/heads",
                    "/git/tags/a", "/git/commits/a", "/git/trees/a", "/git/blobs/a",
                    "/commits/a/pulls", "/commits/a/branches-where-head", "/compare/a...b"}) {
    CAPTURE(path);
    auto match = match_route(make_request("GET", "/repos/demo/shop" + std::string(path)));
    REQUIRE(match);
    CHECK(http::opens_repositories(match->route->lane));
  }
}

/// Each scope of a kind of event opens the feed, which shows only the events that the scopes open.
bool is_feed(const Route& route) {
  return route.pattern.starts_with("/esclusa/") && route.pattern.ends_with("/events");
}

TEST_CASE("routes: repo_deployment opens deployments, and neither code nor hooks") {
  const core::Scopes token{core::Scope::repo_deployment};
  for (const Route& route : routes()) {
    if (route.operation->audience != Audience::repository || is_feed(route)) continue;
    CAPTURE(route.method);
    CAPTURE(route.pattern);
    const bool is_run = route.pattern.contains("/actions/");  // a run is a deployment here
    const bool is_deployment =
        is_run || route.pattern.contains("/deployments") || route.pattern.ends_with("/live") ||
        route.pattern.ends_with("/rollback") || route.pattern.ends_with("/promote") ||
        route.pattern.ends_with("/stats");
    const bool opens_gates = route.pattern.ends_with("/bypass") ||
                             (route.method == "POST" && route.pattern.ends_with("_deployments"));
    CHECK(token.has_any(route.operation->scopes) == (is_deployment && !opens_gates));
    CHECK(token.has_any(route.operation->seen_by) == opens_gates);
  }
}

TEST_CASE("routes: the scope that reads webhooks may also ping and test, but not redeliver") {
  const core::Scopes token{core::Scope::read_repo_hook};
  for (auto [method, target, opens] : {std::tuple{"POST", "/pings", true},
                                       {"POST", "/tests", true},
                                       {"POST", "/test", true},
                                       {"GET", "/config", true},
                                       {"PATCH", "/config", false},
                                       {"GET", "/deliveries", true},
                                       {"GET", "/deliveries/2", true},
                                       {"POST", "/deliveries/2/attempts", false}}) {
    CAPTURE(target);
    auto match = match_route(make_request(method, std::string("/repos/a/b/hooks/1") + target));
    REQUIRE(match);
    CHECK(token.has_any(match->route->operation->scopes) == opens);
  }
}

TEST_CASE("routes: repo:status opens commit statuses, and nothing else") {
  const core::Scopes token{core::Scope::repo_status};
  for (const Route& route : routes()) {
    if (route.operation->audience != Audience::repository || is_feed(route)) continue;
    CAPTURE(route.method);
    CAPTURE(route.pattern);
    const bool is_status = route.pattern.ends_with("/{ref...}/status") ||
                           route.pattern.ends_with("/{ref...}/statuses") ||
                           route.pattern.contains("}/statuses/{ref...}") ||
                           route.pattern.contains("}/statuses/{sha}");
    CHECK(token.has_any(route.operation->scopes) == is_status);
  }
}

TEST_CASE("match_route: a ref may have slashes, encoded or not") {
  CHECK(parameter("/repos/a/b/commits/main/status", "ref") == "main");
  CHECK(parameter("/repos/a/b/commits/heads/feature/x/statuses", "ref") == "heads/feature/x");
  CHECK(parameter("/repos/a/b/commits/feature%2Fx/check-runs", "ref") == "feature/x");
  CHECK(parameter("/repos/a/b/commits/feature/status/status", "ref") == "feature/status");
  CHECK(pattern("GET", "/repos/a/b/commits/status") == "/repos/{owner}/{repo}/commits/{ref...}");
  CHECK(pattern("GET", "/repos/a/b/commits//status") == "");
}

TEST_CASE("routes: X-Accepted-OAuth-Scopes as recorded from GitHub") {
  auto accepted = [](const char* method, const char* target) {
    return match_route(make_request(method, target))->route->accepted_scopes;
  };
  CHECK(accepted("GET", "/repos/a/b/deployments") == "repo, repo_deployment");
  CHECK(accepted("GET", "/repos/a/b/deployments/1") == "repo, repo_deployment");
  CHECK(accepted("GET", "/repos/a/b/deployments/1/statuses") == "repo, repo_deployment");
  CHECK(accepted("POST", "/repos/a/b/deployments") == "");
  CHECK(accepted("DELETE", "/repos/a/b/deployments/1") == "");
  CHECK(accepted("POST", "/repos/a/b/deployments/1/statuses") == "");
  for (auto target : {"/repos/a/b/hooks", "/repos/a/b/hooks/1/config",
                      "/repos/a/b/hooks/1/deliveries", "/repos/a/b/hooks/1/deliveries/2"}) {
    CAPTURE(target);
    CHECK(accepted("GET", target) ==
          "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook");
  }
}
