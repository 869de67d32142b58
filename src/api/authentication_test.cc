#include "api/authentication.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::api;

namespace {

std::string found(const std::string& header) {
  auto token = find_token({{"Authorization", header}});
  REQUIRE(token);
  return token->reveal();
}

}  // namespace

TEST_CASE("find_token: no value without the header, unlike a malformed header") {
  CHECK_FALSE(find_token({}));
  CHECK_FALSE(find_token({{"X-Authorization", "token T"}}));
  CHECK(find_token({{"authorization", "token T"}})->reveal() == "T");
}

TEST_CASE("find_token: Bearer and token, in any case") {
  for (auto header :
       {"Bearer T", "bearer T", "BEARER T", "token T", "Token T", "token   T", "Bearer T  "}) {
    CAPTURE(header);
    CHECK(found(header) == "T");
  }
}

TEST_CASE("find_token: Basic carries the token as password, or as user name") {
  struct Row {
    const char* pair;
    const char* header;
    const char* token;
  };
  const Row rows[] = {
      {"ada:T", "Basic YWRhOlQ=", "T"},
      {"ada:T", "basic YWRhOlQ=", "T"},
      {"T:", "Basic VDo=", "T"},
      {"T:x-oauth-basic", "Basic VDp4LW9hdXRoLWJhc2lj", "T"},
      {"x-access-token:T", "Basic eC1hY2Nlc3MtdG9rZW46VA==", "T"},
      {"ada:T:U", "Basic YWRhOlQ6VQ==", "T:U"},
      {"T", "Basic VA==", "T"},
      {":", "Basic Og==", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pair);
    CHECK(found(row.header) == row.token);
  }
}

TEST_CASE("find_token: every other form is an empty token, and so bad credentials") {
  for (auto header : {"", " ", "Bearer", "Bearer ", "token", "T", "Basic", "Basic !!!", "Basic VA=",
                      "Digest username=\"ada\"", "BearerT", "Bearer\tT", "Negotiate T"}) {
    CAPTURE(header);
    CHECK(found(header) == "");
  }
}

TEST_CASE("find_token: a JSON web token comes with Bearer alone") {
  CHECK(found("Bearer a.b.c") == "a.b.c");
  CHECK(found("bearer a.b.c") == "a.b.c");
  CHECK(found("token a.b.c") == "");
  CHECK(found("Basic YS5iLmM6") == "");      // a.b.c:
  CHECK(found("Basic eDphLmIuYw==") == "");  // x:a.b.c
}
