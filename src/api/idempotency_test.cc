#include "api/idempotency.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/api_fixture.h"

using namespace esclusa;

namespace {

http::Request with_key(const std::string& key, const std::string& body = "{}") {
  http::Request request = test::make_request("POST", "/", {{"Idempotency-Key", key}});
  request.body = body;
  return request;
}

std::string digest(const http::Request& request, std::string_view place) {
  return api::parse_idempotency_key(request, place).value().value().body_digest;
}

}  // namespace

TEST_CASE("parse_idempotency_key: a line of text of limited length") {
  CHECK_FALSE(api::parse_idempotency_key(test::make_request("POST", "/")).value().has_value());
  const std::string longest(limits::idempotency_key_bytes, 'x');
  CHECK(api::parse_idempotency_key(with_key(longest)).value().value().key == longest);
  for (const std::string& key : {std::string(), longest + "x", std::string("a\tb")}) {
    const auto refused = api::parse_idempotency_key(with_key(key));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason_code == "invalid_idempotency_key");
  }
}

TEST_CASE("parse_idempotency_key: the digest is of the body and of the place") {
  const auto request = with_key("once");
  CHECK(digest(request, "/deployments/1") == digest(request, "/deployments/1"));
  CHECK(digest(request, "/deployments/1") != digest(request, "/deployments/2"));
  CHECK(digest(request, "/deployments/1") != digest(with_key("once", "{ }"), "/deployments/1"));
}
