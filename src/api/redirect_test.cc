#include "api/redirect.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;

namespace {

http::Response moved(const std::string& target, const std::string& method = "GET",
                     const std::string& root = "http://h") {
  const test::ApiFixture fixture;
  const http::Request request = test::make_request(method, target);
  Call call = fixture.call(request);
  call.urls.api = root;
  return moved_response(call, RepositoryId{12});
}

}  // namespace

TEST_CASE(
    "moved_response: 301 for requests that only read, 307 for those that clients must repeat") {
  for (auto method : {"GET", "HEAD"}) CHECK(moved("/repos/a/b", method).status == 301);
  for (auto method : {"POST", "PATCH", "PUT", "DELETE"}) {
    CHECK(moved("/repos/a/b", method).status == 307);
  }
}

TEST_CASE("moved_response: GitHub's body, with the new URL in it and in Location") {
  for (auto method : {"GET", "POST"}) {
    auto response = moved("/repos/a/b/deployments?page=2", method);
    const std::string url = "http://h/repositories/12/deployments?page=2";
    CHECK(response.headers.find("Location") == url);
    CHECK(response.body ==
          R"({"message":"Moved Permanently","url":")" + url +
              R"(","documentation_url":"https://docs.github.com/v3/#http-redirects"})");
  }
}

TEST_CASE("moved_response: the rest of the path and the query stay as the client sent them") {
  struct Row {
    const char* target;
    const char* root;
    const char* location;
  };
  const Row rows[] = {
      {"/repos/a/b", "http://h", "http://h/repositories/12"},
      {"/repos/a/b?", "http://h", "http://h/repositories/12"},
      {"/repos/a/b/deployments/7/statuses?per_page=1&ref=x%2Fy", "http://h",
       "http://h/repositories/12/deployments/7/statuses?per_page=1&ref=x%2Fy"},
      {"/api/v3/repos/a/b/hooks", "http://h/api/v3", "http://h/api/v3/repositories/12/hooks"},
      {"/repos/a/b/commits/feature%2Flogin", "http://h",
       "http://h/repositories/12/commits/feature%2Flogin"},
      {"/esclusa/repos/a/b/events", "http://h", "http://h/esclusa/repositories/12/events"},
      {"/repos/a%2Fc/b/x", "http://h", "http://h/repositories/12/x"},
      {"/repos/a/b/x>y?q=<z>\"", "http://h", "http://h/repositories/12/x%3Ey?q=%3Cz%3E%22"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(moved(row.target, "GET", row.root).headers.find("Location") == row.location);
  }
}
