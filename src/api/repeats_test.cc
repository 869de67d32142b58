#include <doctest/doctest.h>

#include "api/serve.h"
#include "base/json.h"
#include "support/served_repository.h"

using namespace esclusa;
using test::make_request;
using test::must;

namespace {

constexpr const char* root = "/repos/ada/application";

/// A server with two releases in production.
struct Server : test::ServedRepository {
  http::Response ask(const std::string& method, const std::string& path,
                     const std::string& body = "", const http::Headers& headers = {}) {
    auto request = make_request(method, path, {{"Authorization", "Bearer " + ada}});
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    request.body = body;
    return api.serve(request);
  }
  int64_t release(const std::string& ref) {
    const auto answer =
        ask("POST", std::string(root) + "/deployments",
            R"({"ref":")" + ref + R"(","auto_merge":false,"required_contexts":[]})");
    REQUIRE(answer.status == 201);
    const int64_t id = must(Json::parse(answer.body)).integer_at("id").value();
    REQUIRE(ask("POST", std::string(root) + "/deployments/" + std::to_string(id) + "/statuses",
                R"({"state":"success"})")
                .status == 201);
    return id;
  }
  http::Response environment(const std::string& below, const std::string& body,
                             const http::Headers& headers = {}) {
    return ask("POST", std::string("/esclusa") + root + "/environments/" + below, body, headers);
  }

  const std::string ada = token("ada", "repo");
  const int64_t first = release(sha);
  const int64_t second = release(git.commit("main", "a.txt", "two"));
};

std::string reason_of(const http::Response& response) {
  return must(Json::parse(response.body)).string_at("reason_code").value_or("");
}

std::string header(const http::Response& response, const char* name) {
  return std::string(response.headers.find(name).value_or("(absent)"));
}

}  // namespace

TEST_CASE("rollback: 201 as a create, and headers say what it repeats") {
  Server server;
  const auto made = server.environment("production/rollback", R"({"reason":"It burns"})");
  CHECK(made.status == 201);
  CHECK(header(made, "X-Esclusa-Kind") == "rollback");
  CHECK(header(made, "X-Esclusa-Origin") == std::to_string(server.first));
  const Json json = must(Json::parse(made.body));
  CHECK(json.string_at("sha") == server.sha);
  CHECK(json.string_at("description") == "It burns");
  CHECK_FALSE(json.find("kind"));
  CHECK(header(made, "Location") == json.string_at("url"));
  const std::string path =
      std::string(root) + "/deployments/" + std::to_string(json.integer_at("id").value());
  for (int i = 0; i < 4; ++i) {  // also once the answer is kept, with its headers as one text
    const auto shown = server.ask("GET", path);
    const std::string kept = shown.more_headers ? *shown.more_headers : "";
    CHECK((header(shown, "X-Esclusa-Kind") == "rollback" ||
           kept.contains("X-Esclusa-Kind: rollback")));
  }
  CHECK(
      header(server.ask("GET", std::string(root) + "/deployments/" + std::to_string(server.first)),
             "X-Esclusa-Kind") == "(absent)");
}

TEST_CASE("promote, redeploy: 201, and their bodies") {
  Server server;
  const auto made = server.environment(
      "eu%2Fnext/promote",
      R"({"from":"Production","required_contexts":[],"transient_environment":true,"reason":null})");
  CHECK(made.status == 201);
  CHECK(header(made, "X-Esclusa-Kind") == "promotion");
  CHECK(header(made, "X-Esclusa-Origin") == std::to_string(server.second));
  CHECK(must(Json::parse(made.body)).string_at("environment") == "eu/next");
  const auto again = server.ask("POST", std::string("/esclusa") + root + "/deployments/" +
                                            std::to_string(server.first) + "/redeploy");
  CHECK(again.status == 201);
  CHECK(header(again, "X-Esclusa-Kind") == "redeploy");
}

TEST_CASE("rollback, promote, redeploy: what is wrong in a body") {
  Server server;
  const auto status = [&](const std::string& below, const std::string& body) {
    return server.environment(below, body).status;
  };
  CHECK(status("production/rollback", "{") == 400);
  CHECK(status("production/rollback", "[]") == 400);
  for (const char* body :
       {R"({})", R"({"reason":1})", R"({"reason":"x","to":"1"})", R"({"reason":"x","to":0})",
        R"({"reason":"x","expected_live":"x"})", R"({"reason":"x","expected_live":0})",
        R"({"reason":"x","expected_live":true})", R"({"reason":"x","expected_sha":"abc"})",
        R"({"reason":"x","task":""})"}) {
    CAPTURE(body);
    CHECK(status("production/rollback", body) == 422);
  }
  CHECK(status("next/promote", "{}") == 422);
  CHECK(status("next/promote", R"({"from":""})") == 422);
  CHECK(status("next/promote", R"({"from":"production","required_contexts":"x"})") == 422);
  CHECK(status("%20/promote", R"({"from":"production"})") == 422);
  CHECK(server.ask("POST", std::string("/esclusa") + root + "/deployments/x/redeploy").status ==
        404);
}

TEST_CASE("expected_live: in the body of ours, in a header of a create and of a dry run") {
  Server server;
  CHECK(reason_of(server.environment(
            "production/rollback", R"({"reason":"x","expected_live":"none"})")) == "live_changed");
  CHECK(server
            .environment("production/rollback",
                         R"({"reason":"x","expected_live":)" + std::to_string(server.second) + "}")
            .status == 201);
  const std::string body = R"({"ref":"main","required_contexts":[]})";
  const auto create = [&](const std::string& path, const std::string& expected) {
    return server.ask("POST", path, body, {{"X-Esclusa-Expected-Live", expected}});
  };
  const std::string deployments = std::string(root) + "/deployments";
  const auto refused = create(deployments, "none");
  CHECK(refused.status == 409);
  CHECK(reason_of(refused) == "live_changed");
  CHECK(refused.body.contains(R"("field":"expected_live")"));
  CHECK(refused.body.contains("\"message\":\"" + std::to_string(server.second) + "\""));
  CHECK(create(deployments, "yes").status == 400);
  CHECK(create(deployments, std::to_string(server.second)).status == 201);
  CHECK(reason_of(create("/esclusa" + deployments + "/dry_run", "none")) == "live_changed");
  CHECK(create("/esclusa" + deployments + "/dry_run", "yes").status == 400);
}

TEST_CASE("Idempotency-Key: of one path") {
  Server server;
  const http::Headers key = {{"Idempotency-Key", "k"}};
  const std::string body = R"({"reason":"It burns"})";
  const auto one = server.environment("production/rollback", body, key);
  const auto two = server.environment("production/rollback", body, key);
  CHECK(one.status == 201);
  CHECK(one.body == two.body);
  CHECK(header(two, "X-Esclusa-Kind") == "rollback");
  CHECK(reason_of(server.environment("staging/rollback", body, key)) == "idempotency_key_reused");
}
