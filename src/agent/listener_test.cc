#include "agent/listener.h"

#include <doctest/doctest.h>

#include "agent/files.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "support/body_reader.h"
#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {

struct Fixture {
  test::TempFolder folder;
  Config config;
  WorkFolder work = WorkFolder::open(folder / "work").value();
  std::vector<int64_t> accepted;
  Listener listener{config, work, [&](DeploymentEvent event) { accepted.push_back(event.id); }};

  Fixture() {
    config.rules = {{.repository = "demo/shop",
                     .secret = Secret("hook-secret"),
                     .environment = "staging",
                     .command = {"true"}},
                    {.repository = "demo/bank",
                     .secret = Secret("bank-secret"),
                     .environment = "*",
                     .command = {"true"}}};
  }
  static std::string sign(const std::string& body, const std::string& secret = "hook-secret") {
    return "sha256=" + hmac_sha256_hex(secret, body);
  }
  static http::Request unsigned_post(const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.target = "/events";
    request.headers.add("X-GitHub-Event", "deployment");
    request.headers.add("Content-Type", "application/json");
    request.body = body;
    return request;
  }
  http::Response post(const std::string& body, const std::string& event = "deployment",
                      const std::string& type = "application/json",
                      const std::string& secret = "hook-secret") {
    http::Request request = unsigned_post(body);
    request.headers.set("X-GitHub-Event", event);
    request.headers.set("Content-Type", type);
    request.headers.add("X-Hub-Signature-256", sign(body, secret));
    return listener.handle(request);
  }
  RunFolder begin_run() {
    const auto event = parse_deployment_event(testing::event_body({})).value();
    return work
        .begin_run(event, testing::deployment_of({}),
                   {.repository = "demo/shop", .deployment = 1, .environment = "staging"})
        .value()
        .value();
  }
  http::Response get(const std::string& target, http::Headers headers = {}) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    request.headers = std::move(headers);
    return listener.handle(request);
  }
};

TEST_CASE_FIXTURE(Fixture, "POST /events: a deployment is accepted once") {
  const std::string body = testing::event_body({.id = 5});
  CHECK(post(body).status == 202);
  CHECK(post(body).status == 200);
  CHECK(accepted == std::vector<int64_t>{5});
  CHECK(work.queued()->size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "POST /events: form encoding, signed as it was sent") {
  const std::string body = "payload=" + percent_encode(testing::event_body({.id = 6}));
  CHECK(post(body, "deployment", "application/x-www-form-urlencoded").status == 202);
  CHECK(accepted == std::vector<int64_t>{6});
  CHECK(post(body, "deployment", "text/plain").status == 415);
}

TEST_CASE_FIXTURE(Fixture, "POST /events: the content type may have parameters and capitals") {
  const std::string body = testing::event_body({.id = 7});
  CHECK(post(body, "deployment", "Application/JSON; charset=utf-8").status == 202);
}

TEST_CASE_FIXTURE(Fixture, "POST /events: without a valid signature nothing happens") {
  const std::string body = testing::event_body({});
  http::Request request = unsigned_post(body);
  CHECK(listener.handle(request).status == 401);
  for (const std::string& signature :
       {std::string("sha256=") + std::string(64, '0'), sign(body + " "), std::string(),
        "sha1=" + hmac_sha1_hex("hook-secret", body), hmac_sha256_hex("hook-secret", body)}) {
    CAPTURE(signature);
    request.headers.set("X-Hub-Signature-256", signature);
    const http::Response response = listener.handle(request);
    CHECK(response.status == 401);
    CHECK(Json::parse(response.body)->string_at("message"));
    CHECK(!response.body.contains("hook-secret\""));
  }
  CHECK(accepted.empty());
  CHECK(work.queued()->empty());
}

TEST_CASE_FIXTURE(Fixture, "POST /events: what is not for this agent is answered with 200") {
  CHECK(post("{\"zen\":\"x\"}", "ping").body.contains("pong"));
  CHECK(post("{}", "push").status == 200);
  CHECK(post("{}", "deployment_status").status == 200);
  std::string deleted = testing::event_body({});
  deleted.replace(deleted.find("created"), 7, "deleted");
  CHECK(post(deleted).body.contains("the action is not"));
  for (const testing::EventFields& other : {testing::EventFields{.repository = "demo/other"},
                                            {.environment = "production"},
                                            {.environment = "$(id)"},
                                            {.task = "migrate"},
                                            {.repository = "../../x"}}) {
    const http::Response response = post(testing::event_body(other));
    CHECK(response.status == 200);
    CHECK(response.body.contains("no [[deploy]] entry"));
  }
  CHECK(accepted.empty());
  CHECK(work.queued()->empty());
}

TEST_CASE_FIXTURE(Fixture, "POST /events: what will never run is answered with 200") {
  for (const std::string& body :
       {std::string("{"), std::string(), std::string("[]"), std::string("{}"),
        testing::event_body({.id = 0}),
        R"({"deployment":{"id":1},)" + testing::event_body({.id = 1}).substr(1)}) {
    CAPTURE(body);
    CHECK(post(body).status == 200);
  }
  CHECK(get("/events").status == 405);
  CHECK(accepted.empty());
}

TEST_CASE_FIXTURE(Fixture, "POST /events: what only the server can judge is accepted") {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  CHECK(post(testing::event_body({.id = 1, .payload = deep})).status == 202);
  CHECK(post(testing::event_body({.id = 2, .sha = "HEAD"})).status == 202);
  CHECK(post(testing::event_body({.id = 3, .task = "\\ud800"})).status == 202);
  CHECK(accepted == std::vector<int64_t>{1, 2, 3});
}

TEST_CASE_FIXTURE(Fixture, "POST /events: a secret is good for its own repository alone") {
  const std::string shop = testing::event_body({.id = 1});
  const std::string bank = testing::event_body({.id = 2, .repository = "Demo/Bank"});
  const std::string type = "application/json";
  const auto refused = post(bank, "deployment", type, "hook-secret");
  CHECK(refused.status == 422);
  CHECK(refused.body.contains("another repository"));
  CHECK(post(shop, "deployment", type, "bank-secret").status == 422);
  CHECK(accepted.empty());
  CHECK(post(bank, "deployment", type, "bank-secret").status == 202);
  CHECK(post(shop).status == 202);
  CHECK(accepted == std::vector<int64_t>{2, 1});
}

TEST_CASE_FIXTURE(Fixture, "POST /events: entries may share the secret of an organization's hook") {
  config.rules[1].secret = config.rules[0].secret;
  CHECK(post(testing::event_body({.id = 2, .repository = "demo/bank"})).status == 202);
  CHECK(post(testing::event_body({.id = 1})).status == 202);
}

TEST_CASE_FIXTURE(Fixture, "GET /logs/KEY: a run's log as text; nothing for other keys") {
  const RunFolder run = begin_run();
  CHECK(write_durably(run.log(), "<script>\n"));
  const http::Response response = get("/logs/" + run.record.log_key);
  CHECK(response.status == 200);
  CHECK(response.body == "<script>\n");
  CHECK(response.headers.find("Content-Type") == "text/plain; charset=utf-8");
  CHECK(response.headers.find("X-Content-Type-Options") == "nosniff");
  for (const char* target : {"/logs/", "/logs", "/logs/..", "/logs/../lock", "/logs/%2e%2e",
                             "/logs/0123456789abcdef0123456789abcdef", "/lock", "/x"}) {
    CAPTURE(target);
    CHECK(get(target).status == 404);
  }
}

TEST_CASE_FIXTURE(Fixture, "GET /logs/KEY: what a slow reader has not taken is not in memory") {
  const RunFolder run = begin_run();
  std::string whole;
  for (int line = 0; whole.size() < 16 * 1024 * 1024; ++line) {
    whole += "line " + std::to_string(line) + "\n";
  }
  CHECK(write_durably(run.log(), whole));
  std::vector<http::Response> slow;
  size_t buffered = 0;
  for (int reader = 0; reader < 40; ++reader) {
    slow.push_back(get("/logs/" + run.record.log_key));
    REQUIRE(slow.back().stream);
    buffered += slow.back().body.size() + slow.back().stream->size();
  }
  CHECK(buffered <= 40 * 2 * limits::stream_buffer_bytes);
  CHECK(test::BodyReader(slow.front().stream).read() == whole);
}

TEST_CASE_FIXTURE(Fixture, "GET /logs/KEY: in part, and not again if it has not changed") {
  const RunFolder run = begin_run();
  const std::string path = "/logs/" + run.record.log_key;
  CHECK(write_durably(run.log(), "one\n"));
  const std::string known(get(path).headers.find("ETag").value());
  CHECK(get(path, {{"If-None-Match", known}}).status == 304);
  const auto part = get(path, {{"Range", "bytes=1-2"}, {"If-Range", known}});
  CHECK(part.status == 206);
  CHECK(part.body == "ne");
  CHECK(part.headers.find("Content-Range") == "bytes 1-2/4");
  CHECK(get(path, {{"Range", "bytes=9-"}}).status == 416);
  CHECK(write_durably(run.log(), "one\ntwo\n"));
  CHECK(get(path, {{"If-None-Match", known}}).status == 200);
  CHECK(get(path, {{"Range", "bytes=1-2"}, {"If-Range", known}}).body == "one\ntwo\n");
}

TEST_CASE_FIXTURE(Fixture, "GET /: says what this is") {
  CHECK(get("/").status == 200);
  CHECK(get("/").body.contains("Esclusa agent"));
}

}  // namespace
}  // namespace esclusa::agent
