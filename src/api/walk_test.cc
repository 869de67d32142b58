#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "app/environments.h"
#include "app/gates.h"
#include "app/timers.h"
#include "base/text.h"
#include "core/environment.h"
#include "support/access_world.h"
#include "support/cost.h"
#include "support/served_repository.h"

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

}  // namespace

TEST_CASE("walk: POST a deployment") {
  Traced server;
  server.cost("POST", "/deployments", R"({"ref":"main","required_contexts":[]})", 201);
  const Trace first = server.last;
  // The environment is there, and the statements are prepared.
  CHECK(server.cost("POST", "/deployments", R"({"ref":"main","required_contexts":[]})", 201) ==
        "2 snapshots, 1 transactions, 14 statements, 1 git opens");
  CHECK(first.steps().front().name == "snapshot");
  if (std::getenv("ESCLUSA_PRINT_WALK") != nullptr) {
    print("POST /repos/ada/application/deployments", server.last);
  }
}

TEST_CASE("walk: what the hot requests cost") {
  Traced server;
  const std::string body = R"({"ref":"main","required_contexts":[]})";
  server.cost("POST", "/deployments", body, 201);
  CHECK(server.cost("GET", "/deployments/1", "", 200) ==
        "1 snapshots, 0 transactions, 4 statements, 0 git opens");
  CHECK(server.cost("GET", "/deployments", "", 200) ==
        "1 snapshots, 0 transactions, 5 statements, 0 git opens");
  CHECK(server.cost("POST", "/deployments/1/statuses", R"({"state":"success"})", 201) ==
        "1 snapshots, 1 transactions, 12 statements, 0 git opens");
}

TEST_CASE("walk: what a review and a release by the timer cost") {
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
  server.pass(1min);
  Trace trace;
  const Trace::Under under(trace);
  app::release_due(server.context, false);
  CHECK(text_of(cost_of(trace)) == "2 snapshots, 1 transactions, 34 statements, 0 git opens");
  CHECK(server.row_count("event where kind = 'deployment'") == 1);
}

TEST_CASE("walk: every route that only reads rows takes one snapshot, and no transaction") {
  test::AccessWorld world;
  api::Settings settings = world.settings();
  Trace last;
  settings.on_trace = [&](const http::Request&, const Trace& trace) { last = trace; };
  api::Api api(world.keeping(), settings);
  size_t count = 0;
  for (const auto& route : test::rules::repository_routes) {
    auto request = test::AccessWorld::request_for(route, world.repository("ada", true),
                                                  test::AccessWorld::Address::by_name);
    request.headers = {{"Authorization", "Bearer " + world.token("ada", "repo")}};
    const auto match = api::match_route(request);
    REQUIRE(match);
    if (!std::holds_alternative<api::ReadHandler>(match->route->handler)) continue;
    CAPTURE(request.target);
    CHECK(api.serve(request).status == route.answer);
    CHECK(last.count_spans("snapshot") == 1);
    CHECK(last.count_spans("transaction") == 0);
    CHECK(last.total(Trace::Count::git_open) == 0);
    ++count;
  }
  CHECK(count > 30);
}
