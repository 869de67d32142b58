#include <doctest/doctest.h>

#include <deque>

#include "api/routes.h"
#include "support/agent_access_matrix.h"

using namespace esclusa;
using test::AccessWorld;
using test::AgentAccessMatrix;
namespace rules = test::rules;

namespace {

void ask_everything(AgentAccessMatrix& matrix) {
  matrix.ask_repository_routes();
  matrix.ask_organization_routes();
  matrix.ask_other_routes();
}

/// A list of statuses by a handler that does not ask whose deployment it is.
Result<http::Response> list_for_any_agent(const api::Call&, app::Reader&) {
  return api::empty_list();
}

}  // namespace

TEST_CASE("agent access matrix: its rules are about routes that are there") {
  for (const auto& rule : rules::agent_routes) {
    CAPTURE(rule.below);
    CHECK(std::ranges::any_of(rules::repository_routes, [&](const rules::RepositoryRoute& route) {
      return route.method == rule.method && route.below == rule.below && route.root == rule.root;
    }));
  }
}

TEST_CASE("agent access matrix: every agent gets the verdict that is written") {
  AccessWorld world;
  AgentAccessMatrix matrix(world);
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes().empty());
  CHECK(matrix.cell_count() > 1'500);
}

TEST_CASE("agent access matrix: it names planted wrong routes, and no other route") {
  std::vector<api::Route> table(api::routes().begin(), api::routes().end());
  std::deque<core::Operation> changed;  // routes of the table point at them
  std::set<std::string> planted;
  const auto plant = [&](const std::string& method, const std::string& pattern) -> auto& {
    planted.insert(method + " " + pattern);
    auto& route = *std::ranges::find_if(table, [&](const api::Route& each) {
      return each.method == method && each.pattern == pattern;
    });
    changed.push_back(*route.operation);
    route.operation = &changed.back();
    return route;
  };
  const std::string deployments = "/repos/{owner}/{repo}/deployments";
  // Two that agents may not use, one that they may, and one that forgets the environments.
  plant("POST", deployments);
  changed.back().for_agents = true;
  plant("GET", "/esclusa" + deployments + "/{deployment_id}/gates");
  changed.back().for_agents = true;
  plant("POST", "/esclusa" + deployments + "/{deployment_id}/claim");
  changed.back().for_agents = false;
  plant("GET", deployments + "/{deployment_id}/statuses").handler = list_for_any_agent;

  AccessWorld world;
  AgentAccessMatrix matrix(world, table);
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes() == planted);
}
