#include <doctest/doctest.h>

#include <deque>

#include "core/operations/deployments.h"
#include "support/access_matrix.h"
#include "support/access_rules_apps.h"
#include "support/everyday.h"

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

std::string name_of(std::string_view method, std::string_view path) {
  return std::string(method) + " " + std::string(path);
}
std::string name_of(const api::Route& route) { return name_of(route.method, route.pattern); }

std::string text_of(const rules::Verdict& verdict) {
  return std::to_string(verdict.status) + " " + std::string(verdict.message);
}

/// The rule that is written for each route, as a text.
std::map<std::string, std::string> written_rules() {
  std::map<std::string, std::string> written;
  for (const auto& route : rules::repository_routes) {
    const std::string path = std::string(route.root) + repository + std::string(route.below);
    const rules::Opens& opens = route.opened_by;
    written[name_of(route.method, path)] =
        std::to_string(static_cast<int>(route.demand)) + ": " + std::string(opens.on_private) +
        ", " + std::string(opens.on_public) + ", " + std::string(opens.seen_by);
  }
  for (const auto& route : rules::organization_routes) {
    written[name_of(route.method, route.path)] =
        text_of(route.place.to_members) + ": " + std::string(route.place.opened_by);
  }
  for (const auto& route : rules::other_routes) {
    written[name_of(route.method, route.path)] = text_of(route.to_nobody) + ", " +
                                                 text_of(route.to_accounts) + ": " +
                                                 std::string(route.opened_by);
  }
  for (const auto& route : rules::app_routes) {
    written[name_of(route.method, route.path)] =
        route.signer == rules::Signer::app ? "an app" : "an installation";
  }
  return written;
}

/// The program's own handler of an operation.
template <class Handler>
Handler handler_of(const core::Operation& operation) {
  const auto all = api::routes();
  return std::get<Handler>(std::ranges::find(all, &operation, &api::Route::operation)->handler);
}

/// Creates a deployment, and answers 201 also without an account: a route that demands only the
/// read role would let anonymous callers in, whom the real handler never expects.
Result<http::Response> create_for_anyone(const api::Call& call) {
  if (call.actor.account() == nullptr) return http::Response{.status = 201};
  return handler_of<api::Handler>(core::operations::create_deployment)(call);
}

/// A list of deployments by a handler that enters the repository as a site administrator, and so
/// does not judge the caller's access.
Result<http::Response> list_for_anyone(const api::Call& call, app::Reader& db) {
  const core::Operation& operation = core::operations::list_deployments;
  const std::string &owner = call.parameter("owner"), &name = call.parameter("name");
  app::RepositoryPlace place = app::RepositoryName{owner, name};
  if (auto id = parse_positive(owner); id && name.empty()) {  // by /repositories/{id}
    place = RepositoryId{*id};
  }
  core::Account chief;
  chief.site_admin = true;
  api::Call admitted = call;
  admitted.repository_access =
      TRY(app::enter(db, core::Actor::by_session(chief), place, operation));
  admitted.repository_access->actor = call.actor;
  return handler_of<api::ReadHandler>(operation)(admitted, db);
}

}  // namespace

TEST_CASE("access matrix: a verdict is written for each route, and for no other") {
  std::set<std::string> written, served;
  for (const auto& [name, rule] : written_rules()) written.insert(name);
  for (const auto& route : api::routes()) served.insert(name_of(route));
  CHECK(written == served);
}

TEST_CASE("access matrix: the routes of an operation have one rule, and each operation its name") {
  const auto written = written_rules();
  std::map<std::string_view, const api::Route*> first_routes;  // by the name of the operation
  for (const auto& route : api::routes()) {
    CAPTURE(route.method);
    CAPTURE(route.pattern);
    REQUIRE(route.operation != nullptr);
    const api::Route& first = *first_routes.emplace(route.operation->name, &route).first->second;
    CHECK(first.operation == route.operation);
    CHECK(written.at(name_of(first)) == written.at(name_of(route)));
  }
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

TEST_CASE("access matrix: it names planted wrong routes, and no other route" *
          doctest::skip(is_everyday())) {
  std::vector<api::Route> table(api::routes().begin(), api::routes().end());
  std::deque<core::Operation> changed;  // routes of the table point at them
  std::set<std::string> planted;
  auto plant = [&](const std::string& method, const std::string& pattern) -> api::Route& {
    planted.insert(name_of(method, pattern));
    return *std::ranges::find_if(table, [&](const api::Route& route) {
      return route.method == method && route.pattern == pattern;
    });
  };
  auto rule_of = [&](api::Route& route) -> core::Operation& {
    changed.push_back(*route.operation);
    route.operation = &changed.back();
    return changed.back();
  };
  auto plant_rule = [&](const std::string& method, const std::string& pattern) -> core::Operation& {
    return rule_of(plant(method, pattern));
  };
  // A role that is too low.
  auto& create = plant("POST", repository + "/deployments");
  rule_of(create).role = core::Role::read;
  create.handler = create_for_anyone;
  plant_rule("PATCH", repository + "/hooks/{hook_id}").role = core::Role::maintain;
  // A role that is too high.
  plant_rule("GET", repository + "/check-runs/{check_run_id}").role = core::Role::triage;
  // A scope that opens the route and must not, and one that does not open it and must.
  plant_rule("GET", repository + "/hooks").scopes = {Scope::repo, Scope::public_repo,
                                                     Scope::read_repo_hook, Scope::repo_deployment};
  plant_rule("POST", repository + "/statuses/{sha}").scopes = {Scope::repo, Scope::public_repo};
  plant_rule("PATCH", "/orgs/{org}/hooks/{hook_id}").scopes = {Scope::admin_org};
  // A route for owners that admits members, and the reverse.
  plant_rule("PUT", "/orgs/{org}/teams/{team_slug}/memberships/{username}").role = core::Role::read;
  plant_rule("GET", "/orgs/{org}/teams").role = core::Role::admin;
  // Routes without a judgement of access. The first names its parameter differently, so that
  // check_routes does not see that the route is about a repository.
  auto& list = plant("GET", repository + "/deployments");
  list.pattern = "/repos/{owner}/{name}/deployments";
  rule_of(list) = {.name = "list_for_anyone"};
  list.handler = list_for_anyone;
  auto& user = plant("GET", "/user");
  rule_of(user).audience = core::Audience::anyone;
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
