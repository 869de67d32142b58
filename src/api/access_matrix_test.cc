#include <doctest/doctest.h>

#include "api/deployments.h"
#include "support/access_matrix.h"

using namespace esclusa;
using namespace esclusa::test;
using core::Scope;

namespace {

void ask_everything(AccessMatrix& matrix) {
  matrix.ask_with_tokens();
  matrix.ask_without_tokens();
  matrix.ask_with_bad_credentials();
  matrix.ask_organization_routes();
  matrix.ask_other_routes();
}

const std::string repository = "/repos/{owner}/{repo}";

/// Creates a deployment, and answers 201 also without an account: a route that demands only the
/// read role would let anonymous callers in, whom the real handler never expects.
Result<http::Response> create_for_anyone(const api::Call& call) {
  if (!call.principal.account) return http::Response{.status = 201};
  return api::create_deployment(call);
}

/// A list of deployments by a handler that opens the repository without judging the caller's
/// access.
Result<http::Response> list_for_anyone(const api::Call& call) {
  const std::string &owner = call.parameter("owner"), &name = call.parameter("name");
  auto opened = TRY(call.context.database.read([&](store::Connection& db) {
    if (auto id = parse_positive(owner); id && name.empty()) {  // by /repositories/{id}
      return store::find_repository(db, RepositoryId{*id});
    }
    return store::find_repository(db, owner, name);
  }));
  if (!opened) return fail(ErrorCode::not_found, "Not Found");
  api::Call admitted = call;
  admitted.repository_access = {call.principal, *opened, core::Role::admin};
  return api::list_deployments(admitted);
}

}  // namespace

TEST_CASE("access matrix: a verdict is written for each route, and for no other") {
  std::set<std::string> written, served;
  for (const auto& route : rules::repository_routes) {
    written.insert(std::string(route.method) + " " + std::string(route.root) + repository +
                   std::string(route.below));
  }
  for (const auto& route : rules::organization_routes) {
    written.insert(std::string(route.method) + " " + std::string(route.path));
  }
  for (const auto& route : rules::other_routes) {
    written.insert(std::string(route.method) + " " + std::string(route.path));
  }
  for (const auto& route : api::routes()) {
    served.insert(std::string(route.method) + " " + std::string(route.pattern));
  }
  CHECK(written == served);
}

TEST_CASE("access matrix: every caller gets the verdict that is written for them") {
  AccessWorld world;
  AccessMatrix matrix(world);
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes().empty());
  CHECK(matrix.cell_count() > 10'000);
  CHECK(world.count_rows() == world.first_rows());
}

// Nine times as many cases: `./dev check` runs them (matrix/all in tools/run-tests), so that the
// everyday run stays quick.
TEST_CASE("access matrix: every caller, by every form in which a token can be sent" *
          doctest::skip()) {
  AccessWorld world;
  AccessMatrix matrix(world);
  matrix.ask_with_tokens(AccessMatrix::Ways::all);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes().empty());
}

TEST_CASE("access matrix: it names planted wrong routes, and no other route") {
  std::vector<api::Route> table(api::routes().begin(), api::routes().end());
  std::set<std::string> planted;
  auto plant = [&](const std::string& method, const std::string& pattern) -> api::Route& {
    planted.insert(method + " " + pattern);
    return *std::ranges::find_if(table, [&](const api::Route& route) {
      return route.method == method && route.pattern == pattern;
    });
  };
  // A role that is too low.
  auto& create = plant("POST", repository + "/deployments");
  create.requirement.role = core::Role::read;
  create.handler = create_for_anyone;
  plant("PATCH", repository + "/hooks/{hook_id}").requirement.role = core::Role::maintain;
  // A role that is too high.
  plant("GET", repository + "/check-runs/{check_run_id}").requirement.role = core::Role::triage;
  // A scope that opens the route and must not, and one that does not open it and must.
  plant("GET", repository + "/hooks").requirement.scopes = {
      Scope::repo, Scope::public_repo, Scope::read_repo_hook, Scope::repo_deployment};
  plant("POST", repository + "/statuses/{sha}").requirement.scopes = {Scope::repo,
                                                                      Scope::public_repo};
  plant("PATCH", "/orgs/{org}/hooks/{hook_id}").requirement.scopes = {Scope::admin_org};
  // A route for owners that admits members, and the reverse.
  plant("PUT", "/orgs/{org}/teams/{team_slug}/memberships/{username}").requirement.role =
      core::Role::read;
  plant("GET", "/orgs/{org}/teams").requirement.role = core::Role::admin;
  // Routes without a judgement of access. The first names its parameter differently, so that
  // check_routes does not see that the route is about a repository.
  auto& list = plant("GET", repository + "/deployments");
  list.pattern = "/repos/{owner}/{name}/deployments";
  list.audience = api::Audience::anyone;
  list.requirement = {};
  list.handler = list_for_anyone;
  auto& user = plant("GET", "/user");
  user.audience = api::Audience::anyone;
  user.handler = [](const api::Call&) -> Result<http::Response> { return http::Response{}; };

  AccessWorld world;
  AccessMatrix matrix(world, table);
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes() == planted);

  list.pattern = "/repos/{owner}/{repo}/deployments";
  CHECK_THROWS(api::Api(world.undoing(), world.settings(), table));
}

TEST_CASE("access matrix: a refused write leaves no row behind, and an admitted write does") {
  AccessWorld world;
  api::Api api(world.keeping(), world.settings());
  const std::string& good = world.token("ada", "repo");
  const std::string refused[] = {"",
                                 "Bearer " + good + "x",
                                 "Bearer " + world.token("ada", ""),
                                 "Bearer " + world.token("ada", "workflow user"),
                                 "Bearer " + world.token("stranger", "repo"),
                                 "Bearer " + world.token("triager", "repo")};
  for (const bool deletes : {false, true}) {  // DELETE comes last
    for (const auto& route : rules::repository_routes) {
      if (route.method == "GET" || (route.method == "DELETE") != deletes) continue;
      CAPTURE(route.method);
      CAPTURE(route.below);
      for (const bool is_private : {false, true}) {
        auto request = AccessWorld::request_for(route, world.repository("ada", is_private),
                                                AccessWorld::Address::by_name);
        const std::string before = world.count_rows();
        for (const std::string& authorization : refused) {
          request.headers.clear();
          if (!authorization.empty()) request.headers.add("Authorization", authorization);
          CHECK(api.serve(request).status >= 401);
          CHECK(world.count_rows() == before);
        }
        request.headers = {{"Authorization", "Bearer " + good}};
        CHECK(api.serve(request).status == route.answer);
        const bool writes = route.answer < 300 && !route.only_asks;
        CHECK((world.count_rows() != before) == writes);
      }
    }
  }
}
