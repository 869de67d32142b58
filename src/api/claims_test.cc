#include <doctest/doctest.h>

#include "api/serve.h"
#include "app/agent_tokens.h"
#include "app/environments.h"
#include "base/json.h"
#include "support/served_repository.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::make_request;
using test::must;

namespace {

/// A server with a deployment to production, and an agent.
struct Server : test::ServedRepository {
  Server() { deploy("production"); }

  int64_t deploy(const std::string& environment) {
    const auto answer =
        ask(ada, "POST", "/repos/ada/application/deployments",
            R"({"ref":"main","required_contexts":[],"environment":")" + environment + R"("})");
    REQUIRE(answer.status == 201);
    return must(Json::parse(answer.body)).integer_at("id").value();
  }
  core::MintedAgentToken mint(const std::vector<std::string>& environments) {
    return must(app::create_agent_token(context, administrator,
                                        {.owner = "ada",
                                         .repository = "application",
                                         .environments = environments,
                                         .name = "web-1"}));
  }
  http::Response ask(const std::string& token, const std::string& method, const std::string& path,
                     const std::string& body = "", const std::string& fence = "") {
    auto request = make_request(method, path, {{"Authorization", "Bearer " + token}});
    if (!fence.empty()) request.headers.add("X-Esclusa-Claim", fence);
    request.body = body;
    return api.serve(request);
  }
  http::Response claim(const std::string& method, const std::string& body = "",
                       const std::string& fence = "") {
    return ask(agent, method, "/esclusa/repos/ada/application/deployments/1/claim", body, fence);
  }
  http::Response report(const std::string& state, const std::string& fence = "") {
    return ask(agent, "POST", "/repos/ada/application/deployments/1/statuses",
               R"({"state":")" + state + R"("})", fence);
  }

  const std::string ada = token("ada", "repo");
  const std::string agent = mint({"production"}).text.reveal();
};

std::string reason_of(const http::Response& response) {
  return must(Json::parse(response.body)).string_at("reason_code").value_or("");
}

}  // namespace

TEST_CASE("claim: made, shown, kept, started, and ended by the last status") {
  Server server;
  CHECK(server.claim("GET").status == 404);
  CHECK(reason_of(server.claim("GET")) == "no_claim");
  const auto made = server.claim("POST", R"({"seconds": 600})");
  CHECK(made.status == 201);
  CHECK(made.headers.find("Cache-Control") == "no-store");
  const Json json = must(Json::parse(made.body));
  const std::string fence = std::to_string(json.integer_at("fence").value());
  CHECK(json.string_at("owner") == "esclusa-agent[bot]");
  CHECK(json.string_at("agent") == "web-1");
  CHECK(server.claim("GET").body == made.body);
  server.pass(1s);
  const auto kept = server.claim("PUT", "", fence);
  CHECK(kept.status == 200);
  CHECK(must(Json::parse(kept.body)).string_at("expires_at") != json.string_at("expires_at"));
  CHECK(server.report("in_progress", fence).status == 201);
  CHECK(must(Json::parse(server.claim("GET").body)).string_at("state") == "started");
  CHECK(reason_of(server.claim("DELETE", "", fence)) == "claim_started");
  CHECK(server.report("success", fence).status == 201);
  const auto lost = server.claim("PUT", "", fence);
  CHECK(lost.status == 409);
  CHECK(reason_of(lost) == "claim_lost");
  CHECK(server.claim("POST").status == 409);
  CHECK(reason_of(server.claim("POST")) == "deployment_ended");
}

TEST_CASE("claim: DELETE gives it up") {
  Server server;
  const auto made = must(Json::parse(server.claim("POST").body));
  const std::string fence = std::to_string(made.integer_at("fence").value());
  CHECK(server.claim("DELETE", "", fence).status == 204);
  CHECK(server.claim("GET").status == 404);
  CHECK(server.claim("POST").status == 201);
}

TEST_CASE(
    "X-Esclusa-Claim: 400 where it is missing or no number, for statuses where it is no number") {
  Server server;
  server.claim("POST");
  for (const char* method : {"PUT", "DELETE"}) {
    for (const char* fence : {"", "0", "-1", "01", "1 ", "one", "99999999999999999999"}) {
      CAPTURE(fence);
      const auto refused = server.claim(method, "", fence);
      CHECK(refused.status == 400);
      CHECK(reason_of(refused) == "claim_fence_required");
    }
  }
  CHECK(reason_of(server.report("in_progress", "one")) == "claim_fence_required");
  CHECK(reason_of(server.report("in_progress", "4711")) == "claim_lost");
  CHECK(server.report("in_progress").status == 201);
}

TEST_CASE("claim: POST refuses wrong seconds") {
  Server server;
  CHECK(reason_of(server.claim("POST", R"({"seconds": 9})")) == "invalid_seconds");
  CHECK(server.claim("POST", R"({"seconds": "60"})").status == 422);
  CHECK(server.claim("POST", "{").status == 400);
  CHECK(server.claim("POST", R"({"seconds": 10})").status == 201);
}

TEST_CASE("agents: list the deployments of an environment of theirs, and no others") {
  Server server;
  const std::string list = "/repos/ada/application/deployments";
  const auto other = server.deploy("staging");
  // It was made for staging, and a status has put it into production.
  const auto moved =
      server.ask(server.ada, "POST", list + "/" + std::to_string(other) + "/statuses",
                 R"({"state":"queued","environment":"production"})");
  REQUIRE(moved.status == 201);
  for (const char* query : {"", "?environment=staging", "?environment=prod", "?sha=main"}) {
    const auto refused = server.ask(server.agent, "GET", list + query);
    CHECK(refused.status == 403);
    CHECK(reason_of(refused) == "environment_not_of_agent");
  }
  const auto listed = server.ask(server.agent, "GET", list + "?environment=PRODUCTION");
  CHECK(listed.status == 200);
  const auto all = must(Json::parse(listed.body)).elements();
  REQUIRE(all.size() == 1);
  CHECK(all[0].integer_at("id") == 1);
  CHECK(server.ask(server.agent, "GET", list + "/" + std::to_string(other)).status == 404);
  CHECK(must(Json::parse(server.ask(server.ada, "GET", list + "?environment=production").body))
            .elements()
            .size() == 2);
}

TEST_CASE("agents: nothing that was kept for a token is answered after it was revoked or expired") {
  Server server;
  const std::string paths[] = {"/repos/ada/application/deployments/1",
                               "/repos/ada/application/deployments?environment=production"};
  const auto minted = server.mint({"production"});
  const auto ask = [&](const std::string& path) {
    return server.ask(minted.text.reveal(), "GET", path).status;
  };
  for (int i = 0; i < 4; ++i) {
    for (const auto& path : paths) CHECK(ask(path) == 200);
  }
  must(app::revoke_agent_token(server.context, server.administrator, minted.grant.token.id));
  for (const auto& path : paths) CHECK(ask(path) == 401);
  // Others' answers go on.
  for (const auto& path : paths) CHECK(server.ask(server.agent, "GET", path).status == 200);
}

TEST_CASE("agents: whoever is no agent of the environment gets nothing that was kept for one") {
  Server server;
  const std::string path = "/repos/ada/application/deployments/1";
  const std::string other = server.mint({"staging"}).text.reveal();
  for (int i = 0; i < 4; ++i) {
    CHECK(server.ask(server.agent, "GET", path).status == 200);
    CHECK(server.ask(other, "GET", path).status == 404);
  }
}

TEST_CASE("agents: a token that expires is named by the header, and ends what was kept") {
  Server server;
  const auto minted = must(app::create_agent_token(server.context, server.administrator,
                                                   {.owner = "ada",
                                                    .repository = "application",
                                                    .environments = {"production"},
                                                    .expires_in = 1h}));
  const auto ask = [&] {
    return server.ask(minted.text.reveal(), "GET", "/repos/ada/application/deployments/1");
  };
  for (int i = 0; i < 4; ++i) {
    CHECK(ask().headers.has("github-authentication-token-expiration"));
    CHECK_FALSE(ask().headers.has("X-OAuth-Scopes"));
  }
  server.pass(1h);
  CHECK(ask().status == 401);
}
