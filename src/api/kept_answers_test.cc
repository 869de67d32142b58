// Whole answers that are kept: the same request is answered again without a look at any row, and
// nobody gets what was another's, or what has changed.

#include <doctest/doctest.h>

#include "app/administration.h"
#include "base/json.h"
#include "support/changing_world.h"
#include "support/served_repository.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::make_request;
using test::must;

namespace {

/// A server whose clock the test sets, and the number of looks at the database.
struct Server : test::ServedRepository {
  Server() {
    settings.on_trace = [this](const http::Request&, const Trace& trace) {
      was_look = trace.count_spans("snapshot") > 0;
    };
    context.now = [this] { return now; };
    const auto answer = api.serve(request("POST", ada, R"({"ref":"main","required_contexts":[]})"));
    REQUIRE(answer.status == 201);
  }

  http::Request request(const std::string& method, const std::string& token,
                        const std::string& body = "") const {
    auto made = make_request(method, path, {{"Authorization", "Bearer " + token}});
    if (!body.empty()) made.target = "/repos/ada/application/deployments";
    made.body = body;
    return made;
  }
  http::Response get(const std::string& token) { return api.serve(request("GET", token)); }
  /// Asks until the answer is kept.
  http::Response get_kept(const std::string& token) {
    get(token);
    get(token);
    const auto answer = get(token);
    REQUIRE(answer.status == 200);
    REQUIRE_FALSE(was_look);
    return answer;
  }

  Timestamp now = system_now();
  const std::string path = "/repos/ada/application/deployments/1";
  const std::string ada = token("ada", "repo");
  bool was_look = false;
};

bool keeps(const Server& server) { return server.context.database.moment().kept != nullptr; }

std::string header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.find(name).value_or(""));
}

}  // namespace

TEST_CASE("kept answers: the same request is answered again, under an id of its own") {
  Server server;
  if (!keeps(server)) return;
  const auto first = server.get(server.ada);
  CHECK(server.was_look);
  const auto kept = server.get_kept(server.ada);
  CHECK(kept.body == first.body);
  CHECK(header(kept, "X-GitHub-Request-Id") != header(first, "X-GitHub-Request-Id"));
  for (const http::Header& field : first.headers) {
    if (field.name != "X-GitHub-Request-Id") CHECK(header(kept, field.name) == field.value);
  }
  CHECK(std::distance(kept.headers.begin(), kept.headers.end()) ==
        std::distance(first.headers.begin(), first.headers.end()));
}

TEST_CASE("kept answers: who already has the answer gets 304 from it") {
  Server server;
  if (!keeps(server)) return;
  auto request = server.request("GET", server.ada);
  request.headers.add("If-None-Match", header(server.get_kept(server.ada), "ETag"));
  const auto answer = server.api.serve(request);
  CHECK_FALSE(server.was_look);
  CHECK(answer.status == 304);
  CHECK(answer.body.empty());
  CHECK(header(answer, "X-GitHub-Request-Id") != "");
  CHECK(server.get(server.ada).status == 200);  // what is kept stays whole
}

TEST_CASE(
    "kept answers: a commit that changes the deployment, the repository or a role ends them") {
  Server server;
  if (!keeps(server)) return;
  must(app::create_account(server.context, server.administrator, {.login = "bob", .human = ""}));
  const std::string bob = server.token("bob", "repo");
  CHECK(server.get(bob).status == 404);
  must(server.write([&](store::Writer& tx) {
    store::set_role(tx, server.access.repository.id, store::find_account(tx, "bob")->id,
                    core::Role::read);
  }));
  server.get_kept(bob);
  must(server.write([&](store::Writer& tx) {
    store::set_role(tx, server.access.repository.id, store::find_account(tx, "bob")->id,
                    core::Role::none);
  }));
  CHECK(server.get(bob).status == 404);

  const auto before = server.get_kept(server.ada);
  auto report = server.request("POST", server.ada, R"({"state":"success"})");
  report.target = server.path + "/statuses";
  server.now += 1s;
  REQUIRE(server.api.serve(report).status == 201);
  CHECK(header(server.get(server.ada), "ETag") != header(before, "ETag"));
}

TEST_CASE("kept answers: time ends a token, although nothing changes") {
  Server server;
  if (!keeps(server)) return;
  const std::string brief =
      must(app::create_token(server.context, server.administrator,
                             {.login = "ada", .name = "t", .scopes = "repo", .expires_in = 60s}))
          .text.reveal();
  server.get_kept(brief);
  server.now += 61s;
  CHECK(server.get(brief).status == 401);
  CHECK(server.get(server.ada).status == 200);
}

TEST_CASE("kept answers: another form, address or caller gets another answer") {
  Server server;
  if (!keeps(server)) return;
  server.get_kept(server.ada);
  const auto ask = [&](auto change) {
    auto request = server.request("GET", server.ada);
    change(request);
    return server.api.serve(request);
  };
  CHECK(ask([](auto& request) { request.headers = {}; }).status == 404);
  CHECK(server.get("esc_unknown").status == 401);
  CHECK(ask([](auto& request) { request.door = http::Door::ssh; }).status == 404);
  CHECK(ask([](auto& request) {
          request.headers.add("X-GitHub-Api-Version", "1999-01-01");
        }).status == 400);
  CHECK(ask([](auto& request) { request.target += "?x=%ff"; }).status == 400);
  const auto elsewhere = ask([](auto& request) { request.headers.add("Host", "other.example"); });
  CHECK(must(Json::parse(elsewhere.body)).string_at("url") ==
        "http://other.example/repos/ada/application/deployments/1");
  const auto enterprise = ask([](auto& request) { request.target = "/api/v3" + request.target; });
  CHECK(must(Json::parse(enterprise.body)).string_at("url") ==
        "http://h/api/v3/repos/ada/application/deployments/1");
  const auto in_json = ask(
      [](auto& request) { request.headers.add("Accept", "application/vnd.github.v3.raw+json"); });
  CHECK(header(in_json, "X-GitHub-Media-Type") !=
        header(server.get(server.ada), "X-GitHub-Media-Type"));
}

TEST_CASE("kept answers: they are counted as others are, and a 304 is free") {
  Server server;
  if (!keeps(server)) return;
  api::Settings limited = server.settings;
  limited.rate_limits = {.enabled = true, .account_per_hour = 5};
  api::Api api(server.context, limited);
  const auto get = [&](const std::string& known = "") {
    auto request = server.request("GET", server.ada);
    if (!known.empty()) request.headers.add("If-None-Match", known);
    return api.serve(request);
  };
  get();
  get();
  const auto third = get();
  CHECK_FALSE(server.was_look);
  CHECK(header(third, "X-RateLimit-Remaining") == "2");
  const auto free = get(header(third, "ETag"));
  CHECK(free.status == 304);
  CHECK(header(free, "X-RateLimit-Remaining") == "2");
  CHECK(header(get(), "X-RateLimit-Remaining") == "1");
  CHECK(header(get(), "X-RateLimit-Remaining") == "0");
  const auto refused = get();
  CHECK(refused.status == 403);
  CHECK(header(refused, "X-RateLimit-Used") == "5");
}
