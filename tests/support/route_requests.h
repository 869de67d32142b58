#pragma once
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/access_rules_apps.h"
#include "support/access_rules_elsewhere.h"
#include "support/access_world.h"

namespace esclusa::test {

/// A request that is admitted, and the status of its answer.
struct RouteRequest {
  http::Request request;
  int answer;
};

/// The requests to one of the unix sockets, as in `rules::RepositoryRoute`.
struct DoorRequest {
  http::Door door;
  std::string_view method;
  std::string_view path;
  int answer;
  std::string_view body = "";
};
// clang-format off
inline constexpr DoorRequest door_requests[] = {
    {http::Door::local_admin, "GET",    "/users",                        200},
    {http::Door::local_admin, "POST",   "/users",                        201,
     R"({"login": "new"})"},
    {http::Door::local_admin, "GET",    "/users/reader/tokens",          200},
    {http::Door::local_admin, "POST",   "/users/reader/tokens",          201,
     R"({"name": "new"})"},
    {http::Door::local_admin, "DELETE", "/tokens/1",                     204},
    {http::Door::local_admin, "PUT",    "/users/reader/blocked",         200},
    {http::Door::local_admin, "DELETE", "/users/blocked/blocked",        200},
    {http::Door::local_admin, "PUT",    "/organizations/works/members/reader", 204, "{}"},
    {http::Door::local_admin, "GET",    "/repositories",                 200},
    {http::Door::local_admin, "POST",   "/repositories",                 201,
     R"({"owner": "ada", "name": "new"})"},
    {http::Door::local_admin, "PATCH",  "/repositories/ada/private",     200,
     R"({"writable": true})"},
    {http::Door::local_admin, "DELETE", "/repositories/ada/private",     200},
    {http::Door::local_admin, "PUT",    "/repositories/ada/private/roles/stranger", 204,
     R"({"role": "read"})"},
    {http::Door::local_admin, "PUT",    "/repositories/ada/private/environments", 204,
     R"({"environments": "known"})"},
    {http::Door::local_admin, "GET",    "/repositories/ada/private/branch-protections", 200},
    {http::Door::local_admin, "PUT",    "/repositories/ada/private/branch-protections/v*", 204},
    {http::Door::local_admin, "DELETE", "/repositories/ada/private/branch-protections/main", 204},
    {http::Door::local_admin, "GET",    "/repositories/ada/private/agent-tokens", 200},
    {http::Door::local_admin, "POST",   "/repositories/ada/private/agent-tokens", 201,
     R"({"environments": ["production"]})"},
    {http::Door::local_admin, "DELETE", "/agent-tokens/1",               204},
    {http::Door::local_admin, "GET",    "/audit",                        200},
    {http::Door::local_admin, "POST",   "/live/repairs",                 200},
    {http::Door::local_admin, "GET",    "/doctor",                       200},
    {http::Door::local_admin, "GET",    "/doctor/tables",                200},
    {http::Door::local_admin, "GET",    "/doctor/tables/audit",          404},
    // The data of these tests is in no folder that could be backed up.
    {http::Door::local_admin, "GET",    "/backup",                       503},
    {http::Door::local_admin, "POST",   "/secret-key/rotations",         200, "{}"},
    {http::Door::local_admin, "GET",    "/retention",                    200},
    {http::Door::local_admin, "POST",   "/retention/rounds",             202},
    {http::Door::local_admin, "GET",    "/apps",                         200},
    {http::Door::local_admin, "POST",   "/apps",                         201,
     R"({"name": "new", "owner": "works", "public_key": "{public_key}"})"},
    {http::Door::local_admin, "DELETE", "/apps/shop",                    200},
    {http::Door::local_admin, "PUT",    "/apps/shop/permissions",        200,
     R"({"permissions": "deployments=write", "events": ["deployment"]})"},
    {http::Door::local_admin, "POST",   "/apps/shop/keys",               201,
     R"({"public_key": "{public_key}"})"},
    {http::Door::local_admin, "DELETE", "/apps/shop/keys/1",             204},
    {http::Door::local_admin, "PUT",    "/apps/shop/hook",               200,
     R"({"content_type": "json"})"},
    {http::Door::local_admin, "DELETE", "/apps/shop/hook",               204},
    {http::Door::local_admin, "PUT",    "/apps/shop/installations/ada",  200,
     R"({"repositories": ["private"]})"},
    {http::Door::local_admin, "DELETE", "/apps/shop/installations/ada",  200},
    {http::Door::local_admin, "PUT",    "/apps/shop/installations/ada/suspended", 200},
    {http::Door::local_admin, "DELETE", "/apps/shop/installations/ada/suspended", 200},
    // One push of two refs: git reports the first one, and ends before it reports the second.
    {http::Door::ssh, "POST",   "/keys",               200, R"({"key": "{own_key}"})"},
    {http::Door::ssh, "POST",   "/sessions",           201,
     R"({"key_id": {key_id}, "service": "receive-pack", "repository": "ada/private"})"},
    {http::Door::ssh, "POST",   "/sessions/1/checks",  204,
     R"({"key_id": {key_id}, "service": "receive-pack"})"},
    {http::Door::ssh, "POST",   "/sessions/1/changes", 204, R"({"key_id": {key_id}, "changes": [
        {"ref": "refs/heads/one", "from": "{no_sha}", "to": "{sha}"},
        {"ref": "refs/heads/two", "from": "{no_sha}", "to": "{sha}"}]})"},
    {http::Door::ssh, "PUT",    "/sessions/1/changes", 204, R"({"changes": [
        {"ref": "refs/heads/one", "from": "{no_sha}", "to": "{sha}"}]})"},
    {http::Door::ssh, "DELETE", "/sessions/1",         204},
};
// clang-format on

/// The requests at the doors that are unix sockets. Those of the door for SSH follow each other,
/// and change rows that the next one needs.
inline std::vector<RouteRequest> requests_at_sockets(const AccessWorld& world) {
  const auto& repository = world.repository("ada", true);
  auto names = repository.names;
  names["own_key"] = public_key(repository.id);
  names["no_sha"] = std::string(40, '0');
  std::string pem;
  append_json_string(pem, app_key().public_key.pem);
  names["public_key"] = pem.substr(1, pem.size() - 2);
  std::vector<RouteRequest> requests;
  for (const DoorRequest& row : door_requests) {
    const bool is_admin = row.door == http::Door::local_admin;
    auto request =
        make_request(std::string(row.method),
                     (is_admin ? "/esclusa/admin" : "/esclusa/ssh") + std::string(row.path));
    request.door = row.door;
    request.body = fill(row.body, names);
    requests.push_back({std::move(request), row.answer});
  }
  return requests;
}

/// One request to each route of the network's door, by a caller whom it serves.
inline std::vector<RouteRequest> requests_to_network(AccessWorld& world) {
  std::vector<RouteRequest> requests;
  const auto add = [&](http::Request request, const std::string& token, int answer) {
    request.headers = {{"Authorization", "Bearer " + token}};
    requests.push_back({std::move(request), answer});
  };
  for (const auto& route : rules::repository_routes) {
    add(AccessWorld::request_for(route, world.repository("ada", true),
                                 AccessWorld::Address::by_name),
        world.token("ada", "repo"), route.answer);
  }
  for (const auto& route : rules::organization_routes) {
    const bool is_of_hooks = &route.place == &rules::hooks_there;
    auto request = make_request(std::string(route.method),
                                fill(route.path, world.organization_names("works")));
    request.body = route.body;
    add(std::move(request),
        world.token("director",
                    is_of_hooks
                        ? "admin:org_hook"
                        : "repo:invite security_events admin:org admin:public_key delete_repo"),
        route.answer);
  }
  for (const auto& route : rules::other_routes) {
    if (route.to_accounts == rules::hidden) continue;  // at a socket
    const bool is_search = route.path.starts_with("/search/");
    add(make_request(
            std::string(route.method),
            fill(route.path, {{"username", "ada"}, {"org", "works"}, {"app_slug", "shop"}}) +
                (is_search ? "?q=ada" : "")),
        route.for_site_admins
            ? world.token("chief",
                          "repo:invite security_events admin:org admin:public_key delete_repo")
            : world.token("ada", route.opened_by.empty() ? "repo" : "read:org"),
        route.to_accounts.status);
  }
  for (const auto& route : rules::app_routes) {
    const bool is_of_app = route.signer == rules::Signer::app;
    auto request = make_request(std::string(route.method), fill(route.path, world.app_names()));
    request.body = route.body;
    add(std::move(request),
        is_of_app ? world.jwt(world.shop()) : world.installation_token(world.shop(), "ada"),
        route.answer);
  }
  return requests;
}

}  // namespace esclusa::test
