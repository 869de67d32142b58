#include "api/call.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;

TEST_CASE("Call: an id that is not a positive number is not found") {
  const test::ApiFixture fixture;
  const http::Request request = test::make_request("GET", "/?a=1&a=2&b");
  auto id_of = [&](const std::string& text) {
    Call call = fixture.call(request);
    call.path = {{"deployment_id", text}};
    return call.id<DeploymentId>("deployment_id");
  };
  CHECK(id_of("7").value() == DeploymentId{7});
  CHECK(id_of("9223372036854775807").value().value == INT64_MAX);
  for (auto text : {"0", "-1", "+1", "07", "1x", "", " 1", "1 ", "1.0", "0x1", "latest",
                    "9223372036854775808", "１"}) {
    CAPTURE(text);
    auto id = id_of(text);
    REQUIRE_FALSE(id);
    CHECK(id.error().code == ErrorCode::not_found);
    CHECK(id.error().message == "Not Found");
  }
}

TEST_CASE("Call: an absent query parameter is empty, and the last of several counts") {
  const test::ApiFixture fixture;
  const http::Request request = test::make_request("GET", "/?a=1&a=2&b&c=x%20y");
  const Call call = fixture.call(request);
  CHECK(call.query_value("a") == "2");
  CHECK(call.query_value("b") == "");
  CHECK(call.query_value("c") == "x y");
  CHECK(call.query_value("d") == "");
  CHECK_THROWS_AS(call.parameter("owner"), Bug);
}

TEST_CASE("leading_number: the digits that a text begins with") {
  struct Row {
    const char* text;
    std::optional<int64_t> number;
  };
  const Row rows[] = {
      {"0", 0},
      {"7", 7},
      {"007", 7},
      {"3?per_page=3", 3},
      {"12abc", 12},
      {"1.9", 1},
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", INT64_MAX},
      {"99999999999999999999999999", INT64_MAX},
      {"", {}},
      {"abc", {}},
      {"-1", {}},
      {"+1", {}},
      {" 1", {}},
      {"\xef\xbc\x91", {}},  // a digit of another script
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(leading_number(row.text) == row.number);
  }
}
