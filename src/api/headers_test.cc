#include "api/headers.h"

#include <doctest/doctest.h>

#include <regex>

#include "api/call.h"
#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;
using test::make_request;

namespace {

http::Response some_answer(int status = 200) {
  return {status, {{"Content-Type", "application/json; charset=utf-8"}}, R"({"a":1})"};
}

http::Headers common_headers(http::Response response, const core::Actor& actor,
                             std::optional<std::string_view> accepted = "repo",
                             const std::string& method = "GET") {
  add_common_headers(make_request(method, "/"), response,
                     {actor.in_request("1:2:3:4:5"), "2022-11-28", accepted});
  response.join();
  return response.headers;
}

core::Actor with_token(std::optional<Timestamp> expires_at = {}) {
  core::Token token;
  token.scopes = core::Scopes{core::Scope::repo_deployment, core::Scope::user};
  token.expires_at = expires_at;
  return core::Actor::by_token(core::Account{}, token);
}

}  // namespace

TEST_CASE("new_request_id: five groups of upper-case hex, the last of them the time") {
  const std::string id = new_request_id(from_micros(0x5ABE8A34 * 1'000'000LL + 999'999));
  CHECK(
      std::regex_match(id, std::regex("[0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{8}:[0-9A-F]{8}:5ABE8A34")));
  CHECK(id != new_request_id(from_micros(0x5ABE8A34 * 1'000'000LL)));
}

TEST_CASE("api_version: the default, and the two supported versions") {
  using enum wire::ApiVersion;
  CHECK(api_version({}).value() == of_2022_11_28);
  CHECK(api_version({{"X-GitHub-Api-Version", ""}}).value() == of_2022_11_28);
  CHECK(api_version({{"x-github-api-version", "2022-11-28"}}).value() == of_2022_11_28);
  CHECK(api_version({{"X-GitHub-Api-Version", "2026-03-10"}}).value() == of_2026_03_10);
}

TEST_CASE("api_version: 400 with GitHub's text for any other") {
  for (std::string asked : {"v3", "2022-11-29", "2022-11-28,2026-03-10", "latest"}) {
    CAPTURE(asked);
    auto version = api_version({{"X-GitHub-Api-Version", asked}});
    REQUIRE_FALSE(version);
    CHECK(version.error().code == ErrorCode::bad_request);
    CHECK(version.error().message ==
          "The version you specified in the \"X-GitHub-API-Version\" request header, \"" + asked +
              "\", is not a supported version. The following versions are currently supported: "
              "\"2026-03-10\" (most recent), \"2022-11-28\".");
  }
}

TEST_CASE("add_common_headers: the headers of every answer") {
  for (int status : {200, 201, 204, 304, 401, 404, 422, 500}) {
    CAPTURE(status);
    auto headers = common_headers(some_answer(status), core::Actor::nobody());
    CHECK(headers.find("x-github-api-version-selected") == "2022-11-28");
    CHECK(headers.find("Access-Control-Allow-Origin") == "*");
    CHECK(headers.find("X-Content-Type-Options") == "nosniff");
    CHECK(headers.find("X-Frame-Options") == "deny");
    CHECK(headers.find("Content-Security-Policy") == "default-src 'none'");
    CHECK(headers.find("Access-Control-Expose-Headers")->contains("Link, Location"));
    CHECK_FALSE(headers.has("X-OAuth-Scopes"));
    CHECK_FALSE(headers.has("X-Accepted-OAuth-Scopes"));
  }
}

TEST_CASE(
    "add_common_headers: only answers with a body may be cached, and private ones only privately") {
  auto anonymous = common_headers(some_answer(), core::Actor::nobody());
  CHECK(anonymous.find("Cache-Control") == "public, max-age=60, s-maxage=60");
  CHECK(anonymous.find("X-GitHub-Media-Type") == "github.v3; format=json");
  CHECK(anonymous.find("Vary") ==
        "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With");
  auto known = common_headers(some_answer(), with_token());
  CHECK(known.find("Cache-Control") == "private, max-age=60, s-maxage=60");
  auto fresh = some_answer();
  fresh.headers.add("Cache-Control", "no-cache");  // the handler's own header wins
  CHECK(common_headers(fresh, with_token()).find("Cache-Control") == "no-cache");
  for (int status : {204, 401, 404, 409, 422, 503}) {
    CAPTURE(status);
    auto headers = common_headers(some_answer(status), with_token());
    CHECK_FALSE(headers.has("Cache-Control"));
    CHECK(headers.find("X-GitHub-Media-Type") == "unknown, github.v3");
  }
}

TEST_CASE("add_common_headers: the scopes of the token and of the route") {
  auto headers = common_headers(some_answer(), with_token());
  CHECK(headers.find("X-OAuth-Scopes") == "repo_deployment, user");
  CHECK(headers.find("X-Accepted-OAuth-Scopes") == "repo");
  CHECK_FALSE(headers.has("github-authentication-token-expiration"));
  headers = common_headers(some_answer(404), with_token(), std::nullopt);
  CHECK(headers.find("X-OAuth-Scopes") == "repo_deployment, user");
  CHECK(headers.find("X-Accepted-OAuth-Scopes") == "");
  const core::Actor expiring = with_token(from_micros(1'790'000'000'000'000));
  CHECK(common_headers(some_answer(), expiring).find("github-authentication-token-expiration") ==
        "2026-09-21 14:13:20 UTC");
}

TEST_CASE("add_own_headers: the id of the request, and what is left of the limit") {
  auto unlimited = some_answer();
  add_own_headers(unlimited, "1:2:3:4:5", std::nullopt);
  CHECK(unlimited.headers.find("X-GitHub-Request-Id") == "1:2:3:4:5");
  CHECK_FALSE(unlimited.headers.has("X-RateLimit-Limit"));
  auto limited = some_answer();
  add_own_headers(limited, "1:2:3:4:5", core::Quota{60, 2, from_micros(1'790'000'000'000'000)});
  CHECK(limited.headers.find("X-RateLimit-Limit") == "60");
  CHECK(limited.headers.find("X-RateLimit-Remaining") == "58");
  CHECK(limited.headers.find("X-RateLimit-Used") == "2");
  CHECK(limited.headers.find("X-RateLimit-Reset") == "1790000000");
  CHECK(limited.headers.find("X-RateLimit-Resource") == "core");
}
