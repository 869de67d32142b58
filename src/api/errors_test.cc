#include "api/errors.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::api;

TEST_CASE("http_status: each code has its own status") {
  CHECK(http_status(ErrorCode::bad_json) == 400);
  CHECK(http_status(ErrorCode::bad_request) == 400);
  CHECK(http_status(ErrorCode::unauthenticated) == 401);
  CHECK(http_status(ErrorCode::forbidden) == 403);
  CHECK(http_status(ErrorCode::not_found) == 404);
  CHECK(http_status(ErrorCode::conflict) == 409);
  CHECK(http_status(ErrorCode::too_large) == 413);
  CHECK(http_status(ErrorCode::invalid) == 422);
  CHECK(http_status(ErrorCode::unavailable) == 503);
  CHECK(http_status(ErrorCode::internal) == 500);
}

TEST_CASE("error_response: no errors member where there is nothing to list") {
  auto response = error_response(fail(ErrorCode::not_found, "Not Found").error(),
                                 "deployments/deployments#get-a-deployment");
  CHECK(response.status == 404);
  CHECK(response.headers.find("Content-Type") == "application/json; charset=utf-8");
  CHECK(response.body ==
        R"({"message":"Not Found","documentation_url":"https://docs.github.com/rest/)"
        R"(deployments/deployments#get-a-deployment","status":"404"})");
  CHECK_FALSE(response.headers.has("Retry-After"));
}

TEST_CASE("error_response: errors as objects, without members that are empty") {
  Error error = fail_validation({"Hook", "url", "custom", "is \"bad\""}, "invalid_url").error();
  error.fields.push_back({"Deployment", "ref", "missing_field", ""});
  error.fields.push_back({"Hook", "", "custom", "Hook already exists on this repository"});
  auto response = error_response(error, "");
  CHECK(response.status == 422);
  CHECK(
      response.body ==
      R"({"message":"Validation Failed","errors":[)"
      R"({"resource":"Hook","code":"custom","field":"url","message":"is \"bad\""},)"
      R"({"resource":"Deployment","code":"missing_field","field":"ref"},)"
      R"({"resource":"Hook","code":"custom","message":"Hook already exists on this repository"}],)"
      R"("documentation_url":"https://docs.github.com/rest","status":"422",)"
      R"("reason_code":"invalid_url"})");
}

TEST_CASE("error_response: errors as strings, where GitHub has strings") {
  Error error{ErrorCode::invalid, "Validation Failed", "deployment_active", {}, {"One.", "Two."}};
  CHECK(error_response(error, "").body ==
        R"({"message":"Validation Failed","errors":["One.","Two."],)"
        R"("documentation_url":"https://docs.github.com/rest","status":"422",)"
        R"("reason_code":"deployment_active"})");
}

TEST_CASE("error_response: the body is valid JSON, whatever the message contains") {
  Error error{ErrorCode::invalid, "a\"b\n\xff</script>", "", {}, {}};
  auto json = Json::parse(error_response(error, "").body);
  REQUIRE(json);
  CHECK(json->string_at("message") == "a\"b\n\xef\xbf\xbd</script>");
}

TEST_CASE("error_response: a 503 says when to try again") {
  auto response = error_response(fail(ErrorCode::unavailable, "busy").error(), "");
  CHECK(response.status == 503);
  CHECK(response.headers.find("Retry-After") == "1");
}
