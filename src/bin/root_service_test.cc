#include "bin/root_service.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"

using namespace esclusa;

namespace {

struct Fixture : test::ApiFixture {
  api::Api api{context, settings};
  std::optional<std::string> hanging, unready;
  http::Service service = root_service(
      api, settings.external_url, [this] { return hanging; }, [this] { return unready; });

  http::Response get(const std::string& path, http::Headers headers = {},
                     http::Door door = http::Door::network) {
    http::Request request = test::make_request("GET", path, std::move(headers));
    request.door = door;
    http::Response response = service.plan(request).answer();
    response.join();
    return response;
  }
};

std::string type_of(const http::Response& response) {
  return std::string(response.headers.find("Content-Type").value_or(""));
}

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "root_service: `/` is a page for people, and the API's index for clients") {
  const auto page = get("/", {{"Accept", "text/html"}});
  CHECK(type_of(page).starts_with("text/html"));
  CHECK(page.body.contains(settings.external_url));
  CHECK(type_of(get("/")).starts_with("text/html"));
  const auto index = get("/", {{"Accept", "application/vnd.github+json"}});
  CHECK(type_of(index).starts_with("application/json"));
  CHECK(get("/", {}, http::Door::local_admin).status == 404);
}

TEST_CASE_FIXTURE(Fixture, "root_service: /livez and /readyz say what is wrong, in plain text") {
  const auto check = [this](const std::string& path, int status, const std::string& body) {
    const auto answer = get(path);
    CHECK(answer.status == status);
    CHECK(answer.body == body);
    CHECK(type_of(answer) == "text/plain; charset=utf-8");
    CHECK(service.plan(test::make_request("GET", path)).lane == http::Lane::loop);
  };
  check("/livez", 200, "ok\n");
  check("/readyz", 200, "ok\n");
  hanging = "a thread hangs";
  check("/livez", 503, "a thread hangs\n");
  check("/readyz", 200, "ok\n");
  hanging.reset();
  unready = "the server is stopping";
  check("/livez", 200, "ok\n");
  check("/readyz", 503, "the server is stopping\n");
  CHECK(get("/livez", {}, http::Door::ssh).status == 404);
}

TEST_CASE_FIXTURE(Fixture, "root_service: everything else is the API's") {
  const auto answer = get("/zen");
  CHECK(answer.status == 200);
  CHECK(answer.headers.has("X-GitHub-Request-Id"));
  CHECK(get("/nothing").status == 404);
  http::Request preflight = test::make_request("OPTIONS", "/livez");
  CHECK(service.plan(preflight).answer().headers.has("Access-Control-Allow-Methods"));
  CHECK(service.refuse(preflight, 413).body.contains("too large"));
  CHECK(service.plan(test::make_request("GET", "/zen")).lane == http::Lane::loop);
}
