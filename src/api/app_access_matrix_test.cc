#include <doctest/doctest.h>

#include <deque>

#include "api/routes.h"
#include "support/app_access_matrix.h"

using namespace esclusa;
using test::AccessWorld;
using test::AppAccessMatrix;
namespace rules = test::rules;

namespace {

void ask_everything(AppAccessMatrix& matrix) {
  matrix.ask_repository_routes();
  matrix.ask_organization_routes();
  matrix.ask_with_bad_credentials();
  matrix.ask_app_routes();
  matrix.ask_other_routes();
}

std::set<std::string> names_of(std::span<const rules::RoutePermission> table) {
  std::set<std::string> names;
  for (const auto& row : table) {
    names.insert(std::string(row.method) + " " + std::string(row.root) + std::string(row.below));
  }
  CHECK(names.size() == table.size());
  return names;
}

}  // namespace

TEST_CASE("app access matrix: a permission is written for each route, and for no other") {
  std::set<std::string> in_repositories, in_organizations;
  for (const auto& route : rules::repository_routes) {
    in_repositories.insert(std::string(route.method) + " " + std::string(route.root) +
                           std::string(route.below));
  }
  for (const auto& route : rules::organization_routes) {
    in_organizations.insert(std::string(route.method) + " " + std::string(route.path));
  }
  CHECK(names_of(rules::repository_permissions) == in_repositories);
  CHECK(names_of(rules::organization_permissions) == in_organizations);
}

TEST_CASE("app access matrix: every app and installation gets the verdict that is written") {
  AccessWorld world;
  AppAccessMatrix matrix(world);
  const std::string rows = world.count_rows();
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes().empty());
  CHECK(matrix.cell_count() > 4'000);
  CHECK(world.count_rows() == rows);
}

TEST_CASE("app access matrix: it names planted wrong routes, and no other route") {
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
    return changed.back();
  };
  const std::string repository = "/repos/{owner}/{repo}";
  using core::Permission;
  // A level that is too low, one that is too high, another permission, and one where none opens.
  plant("POST", repository + "/deployments").permissions = core::reads(Permission::deployments);
  plant("GET", repository + "/keys").permissions = core::writes(Permission::administration);
  plant("POST", repository + "/statuses/{sha}").permissions = core::writes(Permission::checks);
  plant("POST", "/esclusa" + repository + "/deployments/{deployment_id}/bypass").permissions =
      core::writes(Permission::deployments);
  plant("GET", "/orgs/{org}/teams").permissions = {};
  plant("DELETE", "/orgs/{org}/members/{username}").permissions = core::reads(Permission::members);

  AccessWorld world;
  AppAccessMatrix matrix(world, table);
  ask_everything(matrix);
  INFO(matrix.complaints());
  CHECK(matrix.wrong_routes() == planted);
}
