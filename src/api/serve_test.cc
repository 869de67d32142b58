#include "api/serve.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/limits.h"
#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;
using test::make_request;

namespace {

/// An API without a database: a request that needs it throws.
struct Server {
  explicit Server(const RateLimits& limits = {}) {
    fixture.settings.rate_limits = limits;
    api.emplace(fixture.context, fixture.settings);
  }
  test::ApiFixture fixture;
  std::optional<Api> api;
  http::Response get(const std::string& target, http::Headers headers = {}) {
    return api->serve(make_request("GET", target, std::move(headers)));
  }
};

std::string message(const http::Response& response) {
  auto json = Json::parse(response.body);
  REQUIRE(json);
  CHECK(json->string_at("status") == std::to_string(response.status));
  return json->string_at("message").value_or("");
}

}  // namespace

TEST_CASE("serve: 404 in GitHub's form where there is no route") {
  Server server;
  for (auto target : {"/nothing", "//", "/repos/a/b/", "/repos/%zz/b", "/api/v4"}) {
    CAPTURE(target);
    auto response = server.get(target);
    CHECK(response.status == 404);
    CHECK(message(response) == "Not Found");
    CHECK(response.headers.has("X-GitHub-Request-Id"));
    CHECK_FALSE(response.headers.has("ETag"));
  }
}

TEST_CASE("serve: 400 for a query with a part that cannot be decoded, so that no part is ignored") {
  Server server;
  for (auto query : {"ref=main%00zzz", "ref=%ff", "ref=%zz", "a=1&%=2&b=3", "ref=a&ref=%00"}) {
    CAPTURE(query);
    const auto response = server.get("/zen?" + std::string(query));
    CHECK(response.status == 400);
    CHECK(message(response) == "Problems parsing the query");
  }
  for (auto query : {"", "&&", "a", "a=1&&b=%20+x&", "unknown=1"}) {
    CAPTURE(query);
    CHECK(server.get("/zen?" + std::string(query)).status == 200);
  }
}

TEST_CASE("serve: OPTIONS on any path is a preflight for every caller, with an empty body") {
  Server server;
  for (auto target : {"/", "*", "/nothing", "/repos/a/b/deployments", "/api/v3/user", "//"}) {
    CAPTURE(target);
    auto response = server.api->serve(make_request("OPTIONS", target,
                                                   {{"Origin", "http://example.com"},
                                                    {"Authorization", "token nonsense"},
                                                    {"X-GitHub-Api-Version", "v3"}}));
    CHECK(response.status == 204);
    CHECK(response.body.empty());
    CHECK(response.headers.find("Access-Control-Allow-Origin") == "*");
    CHECK(response.headers.find("Access-Control-Allow-Headers") ==
          "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
          "If-Unmodified-Since, Idempotency-Key, X-GitHub-Api-Version, X-GitHub-OTP, "
          "X-Requested-With");
    CHECK(response.headers.find("Access-Control-Allow-Methods") == "GET, POST, PATCH, PUT, DELETE");
    CHECK(response.headers.find("Access-Control-Max-Age") == "86400");
    CHECK(response.headers.find("Access-Control-Expose-Headers")->starts_with("ETag, Link"));
    CHECK_FALSE(response.headers.has("Content-Type"));
  }
  auto local = make_request("OPTIONS", "/user");
  local.door = http::Door::local_admin;
  CHECK(server.api->serve(local).status == 404);
}

TEST_CASE("serve: 401 for a malformed token, without a look at the database") {
  Server server;
  for (auto header : {"Bearer nonsense", "token __proto__", "Basic !!!", "Bearer", "Digest x"}) {
    CAPTURE(header);
    auto response = server.get("/repos/a/b/deployments", {{"Authorization", header}});
    CHECK(response.status == 401);
    CHECK(message(response) == "Bad credentials");
  }
}

TEST_CASE(
    "serve: 403 after very many bad credentials from one address, but not for other addresses") {
  Server server;
  auto try_from = [&](const std::string& peer) {
    auto request = make_request("GET", "/user", {{"Authorization", "token nonsense"}});
    request.peer = peer;
    return server.api->serve(request);
  };
  for (size_t i = 0; i < limits::failed_logins; ++i) {
    REQUIRE(try_from("192.0.2.1").status == 401);
  }
  auto response = try_from("192.0.2.1");
  CHECK(response.status == 403);
  CHECK(message(response) == "Maximum number of login attempts exceeded. Please try again later.");
  CHECK(try_from("192.0.2.2").status == 401);
  CHECK(server.get("/nothing").status == 404);  // requests without credentials are still served
}

TEST_CASE("serve: without rate limits there are no rate limit headers, and no /rate_limit") {
  Server server;
  auto response = server.get("/rate_limit");
  CHECK(response.status == 404);
  CHECK(message(response) == "Rate limiting is not enabled.");
  CHECK_FALSE(response.headers.has("X-RateLimit-Limit"));
}

TEST_CASE("serve: with rate limits every answer has what is left, until 403") {
  RateLimits limits;
  limits.enabled = true;
  limits.anonymous_per_hour = 3;
  Server server(limits);
  auto remaining = [&](const http::Response& response) {
    CHECK(response.headers.find("X-RateLimit-Limit") == "3");
    CHECK(response.headers.find("X-RateLimit-Resource") == "core");
    CHECK(response.headers.find("X-RateLimit-Reset") == "1790003600");
    return std::string(response.headers.find("X-RateLimit-Remaining").value_or("none"));
  };
  CHECK(remaining(server.get("/nothing")) == "2");
  CHECK(remaining(server.get("/rate_limit")) == "2");
  CHECK(remaining(server.get("/user")) == "1");
  CHECK(remaining(server.get("/user", {{"Authorization", "token nonsense"}})) == "0");
  auto refused = server.get("/nothing");
  CHECK(refused.status == 403);
  CHECK(remaining(refused) == "0");
  CHECK(refused.headers.find("X-RateLimit-Used") == "3");
  CHECK_FALSE(refused.headers.has("Retry-After"));
  CHECK(message(refused) ==
        "API rate limit exceeded for 192.0.2.1. (But here's the good news: Authenticated requests "
        "get a higher rate limit. Check out the documentation for more details.)");
  auto told = server.get("/rate_limit");
  CHECK(told.status == 200);
  CHECK(told.headers.find("Cache-Control") == "no-cache");
  CHECK(server.api->serve(make_request("OPTIONS", "/user")).status == 204);
}

TEST_CASE("serve: each anonymous client has a quota of its own") {
  RateLimits limits;
  limits.enabled = true;
  limits.anonymous_per_hour = 1;
  Server server(limits);
  auto ask_from = [&](const std::string& peer) {
    auto request = make_request("GET", "/nothing");
    request.peer = peer;
    return server.api->serve(request).status;
  };
  CHECK(ask_from("192.0.2.1") == 404);
  CHECK(ask_from("192.0.2.2") == 404);
  CHECK(ask_from("192.0.2.1") == 403);
}

TEST_CASE("serve: a secondary limit is refused with the words that clients look for") {
  RateLimits limits;
  limits.enabled = true;
  limits.content_per_minute = 1;
  Server server(limits);
  CHECK(server.api->serve(make_request("POST", "/nothing")).status == 404);
  auto refused = server.api->serve(make_request("POST", "/nothing"));
  CHECK(refused.status == 403);
  CHECK(message(refused) ==
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try "
        "again.");
  CHECK(refused.headers.find("Retry-After") == "60");
  CHECK(Json::parse(refused.body)
            ->string_at("documentation_url")
            ->ends_with("secondary-rate-limits"));
  CHECK(refused.headers.find("X-RateLimit-Remaining") == "59");
}

TEST_CASE("serve: /rate_limit in the schema of each version") {
  RateLimits limits;
  limits.enabled = true;
  Server server(limits);
  server.get("/nothing");
  const std::string core = R"({"limit":60,"used":1,"remaining":59,"reset":1790003600})";
  const std::string resources = R"({"resources":{"core":)" + core + R"(,"search":)" + core +
                                R"(,"graphql":)" + core + R"(,"integration_manifest":)" + core +
                                "}";
  CHECK(server.get("/rate_limit").body == resources + R"(,"rate":)" + core + "}");
  CHECK(server.get("/rate_limit", {{"X-GitHub-Api-Version", "2026-03-10"}}).body ==
        resources + "}");
}

TEST_CASE("serve: the administrator's socket is not limited") {
  RateLimits limits;
  limits.enabled = true;
  limits.anonymous_per_hour = 1;
  Server server(limits);
  auto request = make_request("GET", "/user");
  request.door = http::Door::local_admin;
  for (int i = 0; i < 3; ++i) {
    auto response = server.api->serve(request);
    CHECK(response.status == 404);
    CHECK_FALSE(response.headers.has("X-RateLimit-Limit"));
  }
}

TEST_CASE("serve: 401 where an account is needed and there is no token") {
  auto response = Server().get("/user");
  CHECK(response.status == 401);
  CHECK(message(response) == "Requires authentication");
}

TEST_CASE("serve: 400 for an unknown API version, before anything else is checked") {
  auto response =
      Server().get("/user", {{"X-GitHub-Api-Version", "v3"}, {"Authorization", "token nonsense"}});
  CHECK(response.status == 400);
  CHECK(message(response).contains("is not a supported version"));
  CHECK_FALSE(response.headers.has("x-github-api-version-selected"));
}

TEST_CASE(
    "serve: the routes of one unix socket exist neither on the network nor on the other socket") {
  Server server;
  for (const Route& route : routes()) {
    const core::Audience audience = route.operation->audience;
    const bool is_ssh = audience == core::Audience::ssh;
    if (audience != core::Audience::local_admin && !is_ssh) continue;
    CAPTURE(route.pattern);
    const auto other = is_ssh ? http::Door::local_admin : http::Door::ssh;
    std::string target(route.pattern);
    for (char& c : target) c = c == '{' || c == '}' ? 'x' : c;
    for (std::string root : {"", "/api/v3"}) {
      auto request = make_request(std::string(route.method), root + target);
      REQUIRE(match_route(request));
      CHECK(server.api->serve(request).status == 404);
      request.door = other;
      CHECK(server.api->serve(request).status == 404);
    }
  }
}

TEST_CASE("serve: the unix sockets serve only their own routes") {
  Server server;
  for (const auto door : {http::Door::local_admin, http::Door::ssh}) {
    for (const char* target : {"/user", "/repos/a/b/deployments", "/meta", "/"}) {
      auto request = make_request("GET", target);
      request.door = door;
      CHECK(server.api->serve(request).status == 404);
    }
  }
}

TEST_CASE("plan: each kind of request has its lane, and the local sockets have theirs") {
  using http::Lane;
  Server server;
  const auto lane = [&](const std::string& method, const std::string& path,
                        http::Door door = http::Door::network) {
    http::Request request = make_request(method, path);
    request.door = door;
    return server.api->plan(request).lane;
  };
  CHECK(lane("GET", "/repos/a/b/deployments/1") == Lane::loop);
  CHECK(lane("GET", "/repos/a/b/deployments") == Lane::rows);
  CHECK(lane("POST", "/repos/a/b/deployments") == Lane::git);
  CHECK(lane("POST", "/repos/a/b/deployments/1/statuses") == Lane::commit);
  CHECK(lane("POST", "/nothing") == Lane::loop);
  CHECK(lane("POST", "/esclusa/admin/users", http::Door::local_admin) == Lane::admin);
  CHECK(lane("POST", "/esclusa/ssh/keys", http::Door::ssh) == Lane::keys);
  CHECK(lane("PUT", "/esclusa/ssh/sessions/a/changes", http::Door::ssh) == Lane::git);
}

TEST_CASE("plan: requests with one token have one owner, and a repository is a place") {
  Server server;
  const auto plan = [&](const std::string& path, const std::string& token,
                        const std::string& peer) {
    http::Request request = make_request("POST", path);
    if (!token.empty()) request.headers.add("Authorization", "token " + token);
    request.peer = peer;
    return server.api->plan(request);
  };
  const auto a = plan("/repos/Demo/Shop/deployments", "x", "192.0.2.1");
  const auto b = plan("/repos/demo/shop/deployments", "x", "192.0.2.2");
  CHECK(a.owner == b.owner);
  CHECK(a.place == "/demo/shop");
  CHECK(b.place == a.place);
  CHECK(plan("/repos/demo/shop/deployments", "y", "192.0.2.1").owner != a.owner);
  CHECK(plan("/repos/demo/shop/deployments", "", "192.0.2.1").owner == "");  // the peer
  CHECK(plan("/repos/demo/shop/hooks", "x", "192.0.2.1").place.empty());
}

TEST_CASE("refuse: the transport's refusals have GitHub's form and their own status") {
  Server server;
  struct Row {
    int status;
    const char* reason;
  };
  const Row rows[] = {{400, "bad_request"}, {408, "bad_request"}, {413, "body_too_large"},
                      {414, "bad_request"}, {431, "bad_request"}, {500, "internal_error"},
                      {503, "overloaded"}};
  for (const Row& row : rows) {
    CAPTURE(row.status);
    auto response = server.api->refuse(make_request("POST", "/x"), row.status);
    response.join();
    CHECK(response.status == row.status);
    CHECK_FALSE(message(response).empty());
    CHECK(Json::parse(response.body)->string_at("reason_code") == row.reason);
    CHECK(response.headers.has("X-GitHub-Request-Id"));
    CHECK(response.headers.has("Retry-After") == (row.status == 503));
  }
}

TEST_CASE("serve: a database that cannot be read lifts no limit, and 503 says what is left") {
  struct Unreadable : test::NoDatabase {
    Result<void> do_read(const ReadWork&) override {
      return fail(ErrorCode::unavailable, "The storage failed", "storage_failed");
    }
  } unreadable;
  test::ApiFixture fixture;
  app::Context context{.database = unreadable,
                       .sealer = fixture.sealer,
                       .now = fixture.context.now,
                       .boot_now = boot_now,
                       .event_urls = {"http://h", "http://h"},
                       .repositories_directory = {},
                       .committed = [](app::Topics) {},
                       .token_use = fixture.token_use};
  RateLimits limits;
  limits.enabled = true;
  limits.anonymous_per_hour = 2;
  fixture.settings.rate_limits = limits;
  api::Api api(context, fixture.settings);
  const auto get = [&](http::Headers headers) {
    return api.serve(make_request("GET", "/repos/a/b/deployments", std::move(headers)));
  };
  const std::string token = core::new_token_text().reveal();
  const http::Response first = get({{"Authorization", "Bearer " + token}});
  CHECK(first.status == 503);
  CHECK(first.headers.find("X-RateLimit-Remaining") == "1");
  CHECK(get({{"X-GitHub-Api-Version", "1999-01-01"}}).status == 400);
  CHECK(get({}).status == 403);
}
