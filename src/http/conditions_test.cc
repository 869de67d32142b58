#include "http/conditions.h"

#include <doctest/doctest.h>

#include "base/crypto.h"
#include "base/text.h"

using namespace esclusa;

namespace {

http::Request make_request(const std::string& method, http::Headers headers = {}) {
  http::Request request;
  request.method = method;
  request.target = "/";
  request.headers = std::move(headers);
  return request;
}

http::Response some_answer(int status = 200) {
  return {status, {{"Content-Type", "application/json; charset=utf-8"}}, R"({"a":1})"};
}

const std::string etag = "\"" + hex(sha256(R"({"a":1})")) + "\"";

/// The answer to a request with that `If-None-Match`.
http::Response conditional(const std::string& condition, const std::string& method = "GET",
                           int status = 200) {
  http::Response response = some_answer(status);
  apply_conditions(make_request(method, {{"If-None-Match", condition}}), response);
  return response;
}

}  // namespace

TEST_CASE("apply_conditions: only 200 and 201 have an ETag, a strong one: the digest of the body") {
  for (int status : {200, 201}) {
    http::Response response = some_answer(status);
    apply_conditions(make_request("POST"), response);
    CHECK(response.headers.find("ETag") == etag);
    CHECK(response.status == status);
  }
  for (int status : {202, 204, 404, 422, 500}) {
    http::Response response = some_answer(status);
    apply_conditions(make_request("GET", {{"If-None-Match", "*"}}), response);
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
    apply_conditions(make_request(method, std::move(sent)), response);
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
