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

const std::string etag = "\"" + hex(sha256(R"({"a":1})")) + "\"";

/// The answer to a request with that `If-None-Match`.
http::Response conditional(const std::string& condition, const std::string& method = "GET",
                           int status = 200) {
  http::Response response = some_answer(status);
  apply_conditions(make_request(method, "/", {{"If-None-Match", condition}}), response);
  return response;
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

TEST_CASE("apply_conditions: only 200 and 201 have an ETag, a strong one: the digest of the body") {
  for (int status : {200, 201}) {
    http::Response response = some_answer(status);
    apply_conditions(make_request("POST", "/"), response);
    CHECK(response.headers.find("ETag") == etag);
    CHECK(response.status == status);
  }
  for (int status : {202, 204, 404, 422, 500}) {
    http::Response response = some_answer(status);
    apply_conditions(make_request("GET", "/", {{"If-None-Match", "*"}}), response);
    CHECK_FALSE(response.headers.has("ETag"));
    CHECK(response.status == status);
  }
}

TEST_CASE("apply_conditions: If-None-Match is a list that is compared weakly") {
  for (std::string condition : {etag, "W/" + etag, "\"x\", " + etag, "\"x\",W/" + etag + " ,\"y\"",
                                std::string("*"), std::string(" * ")}) {
    CAPTURE(condition);
    for (auto method : {"GET", "HEAD"}) {
      auto response = conditional(condition, method);
      CHECK(response.status == 304);
      CHECK(response.body.empty());
      CHECK(response.headers.find("ETag") == etag);
    }
  }
  for (std::string condition : {std::string(), std::string("\"x\""), etag.substr(1), "w/" + etag,
                                etag + "x", std::string("\"\""), std::string("W/")}) {
    CAPTURE(condition);
    auto response = conditional(condition);
    CHECK(response.status == 200);
    CHECK(response.body == R"({"a":1})");
  }
}

TEST_CASE("apply_conditions: If-Modified-Since counts where there is a Last-Modified") {
  const std::string modified = "Sat, 21 Nov 2026 08:30:00 GMT";
  auto status = [&](http::Headers sent, const std::string& method = "GET", bool dated = true) {
    http::Response response = some_answer();
    if (dated) response.headers.add("Last-Modified", modified);
    apply_conditions(make_request(method, "/", std::move(sent)), response);
    CHECK(response.body.empty() == (response.status == 304));
    CHECK(response.headers.find("Last-Modified") ==
          (dated ? std::optional(modified) : std::nullopt));
    return response.status;
  };
  for (auto method : {"GET", "HEAD"}) {
    CHECK(status({{"If-Modified-Since", modified}}, method) == 304);
    CHECK(status({{"If-Modified-Since", "Sat, 21 Nov 2026 08:30:01 GMT"}}, method) == 304);
    CHECK(status({{"If-Modified-Since", "Sat, 21 Nov 2026 08:29:59 GMT"}}, method) == 200);
  }
  CHECK(status({{"If-Modified-Since", "yesterday"}}) == 200);
  CHECK(status({{"If-Modified-Since", modified}}, "GET", false) == 200);
  CHECK(status({{"If-Modified-Since", modified}}, "POST") == 200);
  // If there is an ETag, it alone decides, in both directions.
  CHECK(status({{"If-Modified-Since", modified}, {"If-None-Match", "\"x\""}}) == 200);
  CHECK(status({{"If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}, {"If-None-Match", etag}}) ==
        304);
}

TEST_CASE("apply_conditions: a request that changes something is answered in full") {
  CHECK(conditional(etag, "POST", 201).status == 201);
  CHECK(conditional("*", "PATCH").status == 200);
  CHECK_FALSE(conditional(etag, "POST", 201).body.empty());
}

TEST_CASE("add_common_headers: the headers of every answer") {
  for (int status : {200, 201, 204, 304, 401, 404, 422, 500}) {
    CAPTURE(status);
    auto headers = common_headers(some_answer(status), core::Actor::nobody());
    CHECK(headers.find("X-GitHub-Request-Id") == "1:2:3:4:5");
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
