#include "client/api.h"

#include <doctest/doctest.h>

#include <map>

#include "support/http_receiver.h"
#include "support/temp_folder.h"

using namespace esclusa;
using test::HttpReceiver;

namespace {

http::Response json(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body};
}

/// A server that gives the same answer to every request, and a client of it.
struct Conversation {
  explicit Conversation(http::Response answer)
      : receiver([answer = std::move(answer)](const http::Request&) { return answer; }) {}

  http::Request request() { return receiver.await(1).at(0); }
  Json sent() { return Json::parse(request().body).value(); }

  HttpReceiver receiver;
  client::Api api{
      client::Target{.base_url = receiver.url(), .token = Secret("esc_token"), .unix_socket = ""}};
};

const char* deployment_json = R"({"id": 5, "ref": "main", "sha": "abc", "task": "deploy",
  "environment": "staging", "description": null, "creator": {"login": "ada"},
  "created_at": "2026-01-01T00:00:00Z", "unknown": {"a": [1]}})";
const char* status_json = R"({"id": 9, "state": "success", "description": "done",
  "log_url": "https://ci.example/9", "created_at": "2026-01-01T00:00:01Z"})";

std::string header(const http::Request& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(absent)"));
}

}  // namespace

TEST_CASE("call: sends the token and GitHub's media type, and returns the answer") {
  Conversation c(json(200, R"({"a": 1})"));
  auto answer = c.api.call("GET", "/x?y=1");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body.integer_at("a") == 1);
  CHECK(answer->headers.find("content-type") == "application/json");
  const auto request = c.request();
  CHECK(request.method == "GET");
  CHECK(request.target == "/x?y=1");
  CHECK(header(request, "Authorization") == "Bearer esc_token");
  CHECK(header(request, "Accept") == "application/vnd.github+json");
  CHECK(header(request, "Content-Type") == "(absent)");
}

TEST_CASE("call: without a token it sends no Authorization; slashes at the end are ignored") {
  HttpReceiver receiver([](const http::Request&) { return json(200, "{}"); });
  client::Api api({.base_url = receiver.url("//"), .token = Secret(), .unix_socket = ""});
  REQUIRE(api.call("POST", "/x", "{}").has_value());
  const auto request = receiver.await(1).at(0);
  CHECK(request.target == "/x");
  CHECK(header(request, "Authorization") == "(absent)");
  CHECK(header(request, "Content-Type") == "application/json");
}

TEST_CASE("call: through a unix socket") {
  test::TempFolder folder;
  const std::string socket = (folder / "admin.sock").string();
  HttpReceiver receiver([](const http::Request&) { return http::Response{.status = 204}; }, socket);
  client::Api api({.base_url = "http://nowhere.invalid", .token = Secret(), .unix_socket = socket});
  auto answer = api.call("DELETE", "/esclusa/admin/tokens/1");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 204);
  CHECK(answer->body.is_null());
  CHECK(receiver.await(1).at(0).target == "/esclusa/admin/tokens/1");
}

TEST_CASE("call: each refusal has its error code and the server's message") {
  const std::map<int, ErrorCode> codes = {
      {400, ErrorCode::bad_request}, {401, ErrorCode::unauthenticated},
      {403, ErrorCode::forbidden},   {404, ErrorCode::not_found},
      {409, ErrorCode::conflict},    {413, ErrorCode::too_large},
      {422, ErrorCode::invalid},     {500, ErrorCode::unavailable},
      {503, ErrorCode::unavailable}};
  for (auto [status, code] : codes) {
    CAPTURE(status);
    Conversation c(json(status, R"({"message": "No.", "reason_code": "because"})"));
    auto refused = c.api.call("GET", "/x");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == code);
    CHECK(refused.error().message == "No.");
    CHECK(refused.error().reason_code == "because");
  }
}

TEST_CASE("call: a refusal has the errors of single fields, in each of GitHub's formats") {
  auto message = [](const std::string& errors) {
    Conversation c(json(422, R"({"message": "Validation Failed", "errors": )" + errors + "}"));
    return c.api.call("POST", "/x", "{}").error().message;
  };
  CHECK(message(R"([{"field": "ref", "code": "missing_field"}])") ==
        "Validation Failed: ref missing_field");
  CHECK(message(R"([{"message": "Hook already exists"}, "and more"])") ==
        "Validation Failed: Hook already exists: and more");
  CHECK(message("\"odd\"") == "Validation Failed");
}

TEST_CASE("call: a refusal without JSON is still an error") {
  Conversation c({.status = 502, .headers = {}, .body = "<html>bad gateway</html>"});
  auto refused = c.api.call("GET", "/x");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(refused.error().message == "the server answered 502");
}

TEST_CASE("call: an answer that is not JSON is an error") {
  Conversation c({.status = 200, .headers = {}, .body = "<html>a proxy's login page</html>"});
  auto answer = c.api.call("GET", "/x");
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == ErrorCode::unavailable);
}

TEST_CASE("call: does not follow a redirect to another server with the token") {
  HttpReceiver elsewhere;
  for (int status : {301, 302, 303, 307, 308}) {
    CAPTURE(status);
    Conversation c({.status = status, .headers = {{"Location", elsewhere.url()}}, .body = "{}"});
    CHECK_FALSE(c.api.call("GET", "/x").has_value());
  }
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("call: follows the redirect of a renamed repository on the same server, once") {
  for (int status : {301, 307}) {
    CAPTURE(status);
    std::string root;
    HttpReceiver receiver([&](const http::Request& request) {
      if (request.path() == "/repositories/7/x") return json(201, R"({"a": 1})");
      const bool loop = request.path() == "/loop";
      return http::Response{
          .status = status,
          .headers = {{"Location", root + (loop ? "/loop" : "/repositories/7/x")}},
          .body = R"({"message": "Moved Permanently"})"};
    });
    root = receiver.url("");
    const client::Api api({.base_url = root, .token = Secret("esc_token"), .unix_socket = ""});
    auto answer = api.call("POST", "/repos/old/name/x", R"({"b": 2})");
    REQUIRE(answer.has_value());
    CHECK(answer->body.integer_at("a") == 1);
    const auto requests = receiver.await(2);
    REQUIRE(requests.size() == 2);
    CHECK(requests[1].method == "POST");
    CHECK(requests[1].body == R"({"b": 2})");
    CHECK(header(requests[1], "Authorization") == "Bearer esc_token");

    auto looped = api.call("GET", "/loop");
    REQUIRE_FALSE(looped.has_value());
    CHECK(looped.error().message == "Moved Permanently");
    CHECK(receiver.requests().size() == 4);
  }
}

TEST_CASE("get_deployment: the headers say what it repeats; others than ours are ignored") {
  const auto repeats = [](const char* kind, const char* origin) {
    http::Response answer = json(200, deployment_json);
    answer.headers.add("X-Esclusa-Kind", kind);
    answer.headers.add("X-Esclusa-Origin", origin);
    return Conversation(answer).api.get_deployment("o/r", 5).value().repeats;
  };
  CHECK(repeats("rollback", "4") == core::Repeats{core::DeploymentKind::rollback, {4}});
  CHECK_FALSE(repeats("rollback", "x"));
  CHECK_FALSE(repeats("$(touch x)", "4"));
  CHECK_FALSE(Conversation(json(200, deployment_json)).api.get_deployment("o/r", 5)->repeats);
}

TEST_CASE("create_deployment: what must be live is sent as a header") {
  Conversation c(json(201, deployment_json));
  client::NewDeployment input{.ref = "main", .description = {}};
  input.expected_live = "none";
  CHECK(c.api.create_deployment("o/r", input)->id == 5);
  CHECK(header(c.request(), "X-Esclusa-Expected-Live") == "none");
}

TEST_CASE("call: an unreachable server is unavailable, and the message has its address") {
  const std::string url = HttpReceiver().url("");
  client::Api api({.base_url = url, .token = Secret("t"), .unix_socket = ""});
  auto answer = api.call("GET", "/x");
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == ErrorCode::unavailable);
  CHECK(answer.error().message.find(url) != std::string::npos);
  CHECK(answer.error().message.find("esclusa serve") != std::string::npos);
}

TEST_CASE("create_deployment: sends the input, and reads the deployment") {
  Conversation c(json(201, deployment_json));
  client::NewDeployment input;
  input.ref = "feature/\"quoted\"";
  input.environment = "staging";
  input.task = "deploy:blue";
  input.description = "why";
  input.payload = R"({"a": 1.0})";
  input.auto_merge = false;
  input.skip_contexts = true;
  auto made = c.api.create_deployment("ada/application", input);
  REQUIRE(made.has_value());
  CHECK(made->id == 5);
  CHECK(made->ref == "main");
  CHECK(made->sha == "abc");
  CHECK(made->task == "deploy");
  CHECK(made->environment == "staging");
  CHECK(made->description == "");
  CHECK(made->creator == "ada");
  CHECK(made->created_at == "2026-01-01T00:00:00Z");
  const auto request = c.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/repos/ada/application/deployments");
  CHECK(request.body.find("1.0") != std::string::npos);
  const auto sent = c.sent();
  CHECK(sent.string_at("ref") == "feature/\"quoted\"");
  CHECK(sent.string_at("environment") == "staging");
  CHECK(sent.string_at("task") == "deploy:blue");
  CHECK(sent.string_at("description") == "why");
  CHECK(sent.find("auto_merge")->boolean() == false);
  CHECK(sent.find("required_contexts")->text() == "[]");
}

TEST_CASE("create_deployment: leaves out members that are not set") {
  Conversation c(json(201, deployment_json));
  client::NewDeployment input;
  input.ref = "main";
  REQUIRE(c.api.create_deployment("ada/application", input).has_value());
  const auto sent = c.sent();
  CHECK_FALSE(sent.find("required_contexts").has_value());
  CHECK_FALSE(sent.find("description").has_value());
  CHECK(sent.find("auto_merge")->boolean() == true);
  CHECK(sent.find("payload")->text() == "{}");
  CHECK(sent.string_at("environment") == "production");
}

TEST_CASE("create_deployment: a 202 (merged, not deployed) is a conflict that says what to do") {
  Conversation c(json(202, R"({"message": "Auto-merged main into topic on deployment."})"));
  client::NewDeployment input;
  input.ref = "topic";
  auto made = c.api.create_deployment("ada/application", input);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == ErrorCode::conflict);
  CHECK(made.error().message.starts_with("Auto-merged main into topic on deployment. "));
}

TEST_CASE("get_deployment and list_deployments: read what the server sends") {
  Conversation one(json(200, deployment_json));
  auto deployment = one.api.get_deployment("ada/application", 5);
  REQUIRE(deployment.has_value());
  CHECK(deployment->sha == "abc");
  CHECK(one.request().target == "/repos/ada/application/deployments/5");

  Conversation list(json(200, "[" + std::string(deployment_json) + "]"));
  auto all = list.api.list_deployments("ada/application", "my stage&x=1", 7);
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 1);
  CHECK(all->at(0).id == 5);
  CHECK(list.request().target ==
        "/repos/ada/application/deployments?per_page=7&environment=my%20stage%26x%3D1");

  Conversation none(json(200, "[]"));
  CHECK(none.api.list_deployments("ada/application", "", 30).value().empty());
  CHECK(none.request().target == "/repos/ada/application/deployments?per_page=30");
}

TEST_CASE("create_status: sends the input, and reads the status") {
  Conversation c(json(201, status_json));
  auto made = c.api.create_status("ada/application", 5,
                                  {.state = "success",
                                   .description = "done",
                                   .log_url = "https://ci.example/9",
                                   .environment_url = ""});
  REQUIRE(made.has_value());
  CHECK(made->id == 9);
  CHECK(made->state == "success");
  CHECK(made->description == "done");
  CHECK(made->log_url == "https://ci.example/9");
  CHECK(c.request().target == "/repos/ada/application/deployments/5/statuses");
  const auto sent = c.sent();
  CHECK(sent.string_at("state") == "success");
  CHECK(sent.string_at("log_url") == "https://ci.example/9");
  CHECK_FALSE(sent.find("environment_url").has_value());
}

TEST_CASE("latest_status: the first of the list, or nullopt") {
  Conversation c(json(200, "[" + std::string(status_json) + "]"));
  auto latest = c.api.latest_status("ada/application", 5);
  REQUIRE(latest.has_value());
  CHECK(latest->value().id == 9);
  CHECK(c.request().target == "/repos/ada/application/deployments/5/statuses?per_page=1");
  Conversation none(json(200, "[]"));
  CHECK(none.api.latest_status("ada/application", 5).value() == std::nullopt);
  Conversation refused(json(404, R"({"message": "Not Found"})"));
  CHECK(refused.api.latest_status("ada/application", 5).error().code == ErrorCode::not_found);
}

TEST_CASE("repository_path: OWNER/NAME, and nothing that changes the path") {
  CHECK(client::repository_path("ada/my.app-1_x").value() == "ada/my.app-1_x");
  CHECK(client::repository_path("ci[bot]/app").value() == "ci%5Bbot%5D/app");
  for (const char* name :
       {"", "ada", "/app", "ada/", "ada/b/c", "ada/..", "ada/a b", "ada/a?b", "ada/app.git"}) {
    CAPTURE(name);
    CHECK_FALSE(client::repository_path(name).has_value());
  }
}

TEST_CASE("create_status: sends the fence of a claim, if there is one") {
  Conversation with(json(201, status_json));
  REQUIRE(
      with.api.create_status("demo/shop", 5, {.state = "success", .description = "", .fence = 17}));
  CHECK(header(with.request(), "X-Esclusa-Claim") == "17");
  Conversation without(json(201, status_json));
  REQUIRE(without.api.create_status("demo/shop", 5, {.state = "success", .description = ""}));
  CHECK(header(without.request(), "X-Esclusa-Claim") == "(absent)");
}

TEST_CASE("claim, get_claim, keep_claim, release_claim: requests and answers") {
  using namespace std::chrono_literals;
  const std::atomic<bool> goes_on = false;
  const std::string claim_json = R"({"fence":17,"state":"claimed","owner":"bot","agent":null,)"
                                 R"("expires_at":"2026-01-01T00:00:00Z"})";
  const std::string path = "/esclusa/repos/demo/shop/deployments/5/claim";
  {
    Conversation c(json(201, claim_json));
    const auto claim = c.api.claim("demo/shop", 5, 600s, goes_on);
    REQUIRE(claim);
    CHECK(claim->fence == 17);
    CHECK(claim->state == "claimed");
    CHECK(claim->owner == "bot");
    CHECK(claim->expires_at == "2026-01-01T00:00:00Z");
    CHECK(c.request().method == "POST");
    CHECK(c.request().target == path);
    CHECK(c.sent().integer_at("seconds") == 600);
  }
  {
    Conversation c(json(200, claim_json));
    CHECK(c.api.get_claim("demo/shop", 5, goes_on)->fence == 17);
    CHECK(c.request().method == "GET");
  }
  {
    Conversation c(json(200, claim_json));
    CHECK(c.api.keep_claim("demo/shop", 5, 17, goes_on)->fence == 17);
    CHECK(c.request().method == "PUT");
    CHECK(header(c.request(), "X-Esclusa-Claim") == "17");
  }
  {
    Conversation c({.status = 204});
    CHECK(c.api.release_claim("demo/shop", 5, 17, goes_on));
    CHECK(c.request().method == "DELETE");
    CHECK(header(c.request(), "X-Esclusa-Claim") == "17");
  }
}

TEST_CASE("claim: a refusal has its reason, and an answer that is no claim is an error") {
  const std::atomic<bool> goes_on = false;
  Conversation c(json(409, R"({"message":"Held by web-1","reason_code":"claimed"})"));
  const auto refused = c.api.claim("demo/shop", 5, std::chrono::seconds(60), goes_on);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().reason_code == "claimed");
  CHECK(refused.error().message == "Held by web-1");
  for (const char* body : {"{}", "[]", "no json", R"({"fence":0})"}) {
    Conversation other(json(201, body));
    const auto claim = other.api.claim("demo/shop", 5, std::chrono::seconds(60), goes_on);
    REQUIRE(!claim);
    CHECK(claim.error().code == ErrorCode::unavailable);
  }
}

TEST_CASE("claim_values: asks for all, for some, or for none, and reads the values") {
  const std::atomic<bool> goes_on = false;
  Conversation c(json(200, R"({"secrets":{"DB_URL":"a\"b\u00e9"},"variables":{"REGION":"eu"}})"));
  const auto given =
      c.api.claim_values("demo/shop", 5, 17, {{"DB_URL"}}, std::vector<std::string>(), goes_on);
  REQUIRE(given);
  CHECK(given->secrets == client::GivenValues::Values{{"DB_URL", "a\"b\u00e9"}});
  CHECK(given->variables == client::GivenValues::Values{{"REGION", "eu"}});
  CHECK(c.request().method == "POST");
  CHECK(c.request().target == "/esclusa/repos/demo/shop/deployments/5/claim/secrets");
  CHECK(c.request().body == R"({"secrets":["DB_URL"],"variables":[]})");
  CHECK(header(c.request(), "X-Esclusa-Claim") == "17");
  Conversation all(json(200, R"({"secrets":{},"variables":{}})"));
  REQUIRE(all.api.claim_values("demo/shop", 5, 17, std::nullopt, std::nullopt, goes_on));
  CHECK(all.request().body == "{}");
}

TEST_CASE("claim_values: an answer that cannot be read shows nothing of itself") {
  const std::atomic<bool> goes_on = false;
  for (const char* body : {R"({"secrets":{"A":"s3cret")", R"({"secrets":{"A":"s3cret"}})",
                           R"({"secrets":"s3cret","variables":{}})"}) {
    Conversation c(json(200, body));
    const auto given = c.api.claim_values("demo/shop", 5, 17, std::nullopt, std::nullopt, goes_on);
    REQUIRE(!given);
    CHECK(!given.error().message.contains("s3cret"));
  }
}
