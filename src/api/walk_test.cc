#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "app/environments.h"
#include "app/gates.h"
#include "app/timers.h"
#include "base/text.h"
#include "core/environment.h"
#include "support/cost.h"
#include "support/route_requests.h"
#include "support/served_repository.h"
#include "support/walk_table.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::cost_of;
using test::make_request;

// What one request costs: snapshots and transactions of the database, statements, and repositories
// that are opened. `./dev walk` prints the first case.

namespace {

void print(const std::string& title, const Trace& trace) {
  std::printf("%s\n\n  began      took   statements\n", title.c_str());
  for (const Trace::Step& step : trace.steps()) {
    const auto micros = [](std::chrono::nanoseconds time) {
      return std::chrono::duration<double, std::micro>(time).count();
    };
    const int64_t statements = step.counts[static_cast<size_t>(Trace::Count::statement)];
    std::printf("%7.0f us %7.0f us %6s  %*s%.*s\n", micros(step.began), micros(step.took),
                statements > 0 ? std::to_string(statements).c_str() : "", 2 * step.depth, "",
                static_cast<int>(step.name.size()), step.name.data());
  }
  std::printf("\n  %s\n", text_of(cost_of(trace)).c_str());
}

/// A server whose requests are traced.
struct Traced : test::ServedRepository {
  Traced() {
    settings.on_trace = [this](const http::Request&, const Trace& trace) { last = trace; };
  }

  /// Sends it as ada, and gives its cost.
  std::string cost(const std::string& method, const std::string& path, const std::string& body,
                   int status) {
    auto request = make_request(method, "/repos/ada/application" + path);
    request.headers.add("Authorization", "Bearer " + ada);
    request.body = body;
    const http::Response response = api.serve(request);
    CAPTURE(response.body);
    CHECK(response.status == status);
    return text_of(cost_of(last));
  }

  const std::string ada = token("ada", "repo");
  Trace last;
};

/// The cost of one request to each route. Nothing is kept of what those of the network and of the
/// administrator change.
std::map<const api::Route*, test::Cost> measure_all_routes() {
  const test::KeepNothing asks_for_all;
  test::AccessWorld world;
  api::Settings settings = world.settings();
  Trace last;
  settings.on_trace = [&](const http::Request&, const Trace& trace) { last = trace; };
  api::Api undoing(world.undoing(), settings), keeping(world.keeping(), settings);
  std::map<const api::Route*, test::Cost> costs;
  const auto measure = [&](api::Api& api, const test::RouteRequest& row) {
    CAPTURE(row.request.method);
    CAPTURE(row.request.target);
    const auto match = api::match_route(row.request);
    REQUIRE(match);
    last = {};
    const http::Response response = api.serve(row.request);
    CAPTURE(response.body);
    CHECK(response.status == row.answer);
    costs[match->route] = cost_of(last);
  };
  const auto requests = test::requests_to_network(world);
  // The first event of a sender in a repository also stores the end of its body (decision 0040).
  for (const auto& row : requests) {
    if (row.request.method == "POST" && row.request.target.contains("/statuses/")) {
      CHECK(keeping.serve(row.request).status == row.answer);
    }
  }
  for (const auto& row : requests) measure(undoing, row);
  for (const auto& row : test::requests_at_sockets(world)) {
    // A push needs a repository that may be written, and the rows of its earlier steps.
    const bool is_kept = row.request.door == http::Door::ssh || row.request.method == "PATCH";
    measure(is_kept ? keeping : undoing, row);
  }
  return costs;
}

}  // namespace

TEST_CASE("walk: POST a deployment") {
  const test::KeepNothing asks_for_all;
  Traced server;
  server.cost("POST", "/deployments", R"({"ref":"main","required_contexts":[]})", 201);
  const Trace first = server.last;
  // The environment is there, and the statements are prepared.
  CHECK(server.cost("POST", "/deployments", R"({"ref":"main","required_contexts":[]})", 201) ==
        "2 snapshots, 1 transactions, 15 statements, 1 git opens");
  CHECK(first.steps().front().name == "snapshot");
  if (std::getenv("ESCLUSA_PRINT_WALK") != nullptr) {
    print("POST /repos/ada/application/deployments", server.last);
  }
}

TEST_CASE("walk: what the hot requests cost") {
  const test::KeepNothing asks_for_all;
  Traced server;
  const std::string body = R"({"ref":"main","required_contexts":[]})";
  server.cost("POST", "/deployments", body, 201);
  CHECK(server.cost("GET", "/deployments/1", "", 200) ==
        "1 snapshots, 0 transactions, 4 statements, 0 git opens");
  CHECK(server.cost("GET", "/deployments", "", 200) ==
        "1 snapshots, 0 transactions, 5 statements, 0 git opens");
  CHECK(server.cost("POST", "/deployments/1/statuses", R"({"state":"success"})", 201) ==
        "1 snapshots, 1 transactions, 15 statements, 0 git opens");
}

TEST_CASE("walk: what is kept is not asked again, until it changes") {
  Traced server;
  if (server.context.database.moment().kept == nullptr) return;  // PostgreSQL, or it is off
  const std::string body = R"({"ref":"main","required_contexts":[]})";
  const auto all_costs = [&] {
    const std::string one = server.cost("GET", "/deployments/1", "", 200);
    return one + "; " + server.cost("GET", "/deployments", "", 200);
  };
  server.cost("POST", "/deployments", body, 201);
  all_costs();
  const std::string nothing =
      "1 snapshots, 0 transactions, 0 statements, 0 git opens; "
      "0 snapshots, 0 transactions, 0 statements, 0 git opens";
  CHECK(all_costs() == nothing);
  server.cost("POST", "/deployments/1/statuses", R"({"state":"success"})", 201);
  CHECK(all_costs() ==
        "1 snapshots, 0 transactions, 1 statements, 0 git opens; "
        "1 snapshots, 0 transactions, 2 statements, 0 git opens");
  CHECK(all_costs() == nothing);
}

TEST_CASE("walk: what a review and a release by the timer cost") {
  const test::KeepNothing asks_for_all;
  Traced server;
  core::EnvironmentChange change;
  change.reviewers = std::vector<core::ReviewerId>{server.access.actor.sender().id};
  change.wait_timer = 1;
  const auto environment =
      test::must(app::put_environment(server.context, server.access, "production", change));
  server.cost("POST", "/deployments",
              R"({"ref":"main","environment":"production","required_contexts":[]})", 201);
  const std::string approval = R"({"environment_ids":[)" + std::to_string(environment.id.value) +
                               R"(],"state":"approved","comment":""})";
  CHECK(server.cost("POST", "/actions/runs/1/pending_deployments", approval, 200) ==
        "2 snapshots, 1 transactions, 29 statements, 1 git opens");
  app::GateTimer timer(server.context);
  server.pass(1min);
  Trace trace;
  const Trace::Under under(trace);
  timer.look();
  CHECK(text_of(cost_of(trace)) == "2 snapshots, 1 transactions, 34 statements, 0 git opens");
  CHECK(server.events("deployment").size() == 1);
}

TEST_CASE("walk: each route costs what the table of walks says") {
  std::map<const api::Route*, test::Cost> costs = measure_all_routes();
  std::string differences;
  for (const api::Route& route : api::routes()) {
    const auto row = std::ranges::find_if(test::route_costs, [&](const test::RouteCost& known) {
      return known.method == route.method && known.pattern == route.pattern;
    });
    const auto measured = costs.find(&route);
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    if (measured == costs.end()) {
      differences += name + ": no request is written for it\n";
    } else if (row == std::end(test::route_costs) || row->cost != measured->second) {
      differences += name + ": " + text_of(measured->second) + "\n";
    }
  }
  CHECK(differences == "");
  CHECK(std::size(test::route_costs) == api::routes().size());
}

TEST_CASE("walk: every route that only reads rows takes one snapshot, and nothing else") {
  for (const auto& row : test::route_costs) {
    const auto route = std::ranges::find_if(api::routes(), [&](const api::Route& one) {
      return one.method == row.method && one.pattern == row.pattern;
    });
    CAPTURE(row.pattern);
    REQUIRE(route != api::routes().end());
    if (!std::holds_alternative<api::ReadHandler>(route->handler)) continue;
    CHECK(row.cost.snapshots <= 1);
    CHECK(row.cost.transactions == 0);
    CHECK(row.cost.git_opens == 0);
  }
}

TEST_CASE("walk: every route that opens a repository is on the lane of git, or of a socket") {
  for (const auto& row : test::route_costs) {
    if (row.cost.git_opens == 0) continue;
    const auto route = std::ranges::find_if(api::routes(), [&](const api::Route& one) {
      return one.method == row.method && one.pattern == row.pattern;
    });
    CAPTURE(row.method);
    CAPTURE(row.pattern);
    REQUIRE(route != api::routes().end());
    CHECK((http::opens_repositories(route->lane) ||
           route->operation->audience == core::Audience::local_admin));
  }
}
