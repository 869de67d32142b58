#include "api/serve.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"
#include "wire/json.h"

using namespace esclusa;
using namespace esclusa::api;
using test::make_request;

namespace {

/// An API behind which there is no database: whatever asks for one throws.
struct Server {
  test::ApiFixture fixture;
  Api api{fixture.context, fixture.settings};
  http::Response get(const std::string& target, http::Headers headers = {}) const {
    return api.serve(make_request("GET", target, std::move(headers)));
  }
};

std::string message(const http::Response& response) {
  auto json = wire::Json::parse(response.body);
  REQUIRE(json);
  CHECK(json->string_at("status") == std::to_string(response.status));
  return json->string_at("message").value_or("");
}

}  // namespace

TEST_CASE("serve: 404 in GitHub's shape where no route is") {
  const Server server;
  for (auto target : {"/nothing", "//", "/repos/a/b/", "/repos/%zz/b", "/api/v4"}) {
    CAPTURE(target);
    auto response = server.get(target);
    CHECK(response.status == 404);
    CHECK(message(response) == "Not Found");
    CHECK(response.headers.has("X-GitHub-Request-Id"));
    CHECK_FALSE(response.headers.has("ETag"));
  }
}

TEST_CASE("serve: 401 for a token that cannot be one, without asking the database") {
  const Server server;
  for (auto header : {"Bearer nonsense", "token __proto__", "Basic !!!", "Bearer", "Digest x"}) {
    CAPTURE(header);
    auto response = server.get("/repos/a/b/deployments", {{"Authorization", header}});
    CHECK(response.status == 401);
    CHECK(message(response) == "Bad credentials");
  }
}

TEST_CASE("serve: 401 where an account is needed and nobody asks") {
  auto response = Server().get("/user");
  CHECK(response.status == 401);
  CHECK(message(response) == "Requires authentication");
}

TEST_CASE("serve: 400 for an unknown API version, before anything else is looked at") {
  auto response =
      Server().get("/user", {{"X-GitHub-Api-Version", "v3"}, {"Authorization", "token nonsense"}});
  CHECK(response.status == 400);
  CHECK(message(response).contains("is not a supported version"));
  CHECK_FALSE(response.headers.has("x-github-api-version-selected"));
}

TEST_CASE("serve: the administrator's routes do not exist on the network") {
  const Server server;
  for (const Route& route : routes()) {
    if (route.audience != Audience::local_admin) continue;
    CAPTURE(route.pattern);
    std::string target(route.pattern);
    for (char& c : target) c = c == '{' || c == '}' ? 'x' : c;
    for (std::string root : {"", "/api/v3"}) {
      auto request = make_request(std::string(route.method), root + target);
      REQUIRE(match_route(request));
      CHECK(server.api.serve(request).status == 404);
    }
  }
}

TEST_CASE("serve: the administrator's socket serves nothing else") {
  const Server server;
  auto request = make_request("GET", "/user");
  request.door = http::Door::local_admin;
  CHECK(server.api.serve(request).status == 404);
  request.target = "/repos/a/b/deployments";
  CHECK(server.api.serve(request).status == 404);
}

TEST_CASE("may_block: what changes something, and nothing that is no route") {
  const Server server;
  CHECK(server.api.may_block(make_request("POST", "/repos/a/b/deployments")));
  CHECK_FALSE(server.api.may_block(make_request("GET", "/repos/a/b/deployments")));
  CHECK_FALSE(server.api.may_block(make_request("POST", "/nothing")));
}

TEST_CASE("refuse: the transport's refusals have GitHub's shape and the status that they name") {
  const Server server;
  struct Row {
    int status;
    const char* reason;
  };
  const Row rows[] = {{400, "bad_request"}, {408, "bad_request"}, {413, "body_too_large"},
                      {414, "bad_request"}, {431, "bad_request"}, {500, "internal_error"},
                      {503, "overloaded"}};
  for (const Row& row : rows) {
    CAPTURE(row.status);
    auto response = server.api.refuse(make_request("POST", "/x"), row.status);
    CHECK(response.status == row.status);
    CHECK_FALSE(message(response).empty());
    CHECK(wire::Json::parse(response.body)->string_at("reason_code") == row.reason);
    CHECK(response.headers.has("X-GitHub-Request-Id"));
    CHECK(response.headers.has("Retry-After") == (row.status == 503));
  }
}
