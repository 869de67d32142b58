#include "cli/hooks.h"

#include <doctest/doctest.h>

#include "base/time.h"
#include "support/cli_run.h"
#include "support/http_receiver.h"

using namespace esclusa;
using test::json;

namespace {

struct HookServer : test::AskedServer {
  explicit HookServer(http::Response answer = json(200, "{}"))
      : AskedServer("hook", std::move(answer)) {}
};

}  // namespace

TEST_CASE("hook list: a table, for a repository and for an organization") {
  HookServer server(json(200, R"([{"id": 5, "active": true, "events": ["push", "status"],
      "config": {"url": "http://x"}, "creator": "ada",
      "last_response": {"code": 502, "status": "misconfigured", "message": "timed out"}},
      {"id": 6, "active": false, "events": ["*"], "config": {"url": "http://y"},
      "last_response": {"code": null, "status": "unused", "message": null}}])"));
  const auto outcome = server.ask({"list", "ada/app"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "ID  ACTIVE  EVENTS       URL       CREATOR  LAST RESPONSE\n"
        "5   true    push,status  http://x  ada      502 timed out\n"
        "6   false   *            http://y  -        unused\n");
  CHECK(server.target() == "GET /repos/ada/app/hooks?per_page=100&page=1");
  CHECK(server.ask({"list", "works"}).code == 0);
  CHECK(server.target() == "GET /orgs/works/hooks?per_page=100&page=1");
  CHECK(server.ask({"list", "a/b/c"}).code == 1);
}

TEST_CASE("hook deliveries: by state, with the latest answer") {
  HookServer server(json(200, R"([{"created_at": "T", "event": "deployment", "repository": "a/b",
      "deployment_id": 7, "state": "pending", "attempt_count": 2, "next_attempt_at": "N",
      "latest_attempt": {"id": 3, "status": "timed out", "status_code": 502}, "guid": "G"},
      {"created_at": "T", "event": "ping", "repository": null, "deployment_id": null,
      "state": "pending", "attempt_count": 0, "next_attempt_at": "N", "latest_attempt": null,
      "guid": "H"}])"));
  const auto outcome = server.ask({"deliveries", "works", "5", "--state", "pending"});
  CHECK(
      outcome.output ==
      "CREATED  EVENT       REPOSITORY  DEPLOYMENT  STATE    ATTEMPTS  NEXT  LATEST ANSWER  GUID\n"
      "T        deployment  a/b         7           pending  2         N     502 timed out  G\n"
      "T        ping        -           -           pending  0         N     -              H\n");
  CHECK(server.target() == "GET /esclusa/orgs/works/hooks/5/deliveries?per_page=30&state=pending");
}

TEST_CASE("hook replay: sends its options, and prints how many deliveries begin again") {
  HookServer server(json(202, R"({"count": 2, "more": true})"));
  auto outcome = server.ask({"replay", "ada/app", "5"});
  CHECK(outcome.output ==
        "2 deliveries are pending again\nThere are more: run the command again\n");
  CHECK(server.target() == "POST /esclusa/repos/ada/app/hooks/5/replay");
  CHECK(server.sent().text() == "{}");
  server.ask({"replay", "ada/app", "5", "--state", "dead", "--since", "2026-11-21T08:00:00Z",
              "--until", "1h"});
  CHECK(server.sent().string_at("state") == "dead");
  CHECK(server.sent().string_at("since") == "2026-11-21T08:00:00Z");
  const auto until = parse_time(server.sent().string_at("until").value());
  REQUIRE(until);
  CHECK(*until < system_now());
}

TEST_CASE("hook rotate: the secret is read from a file, or generated and printed alone") {
  HookServer server(json(200, R"({"former_secret_until": "2026-11-22T08:00:00Z"})"));
  const std::string file = server.folder.write("secret", " new secret \n").string();
  auto outcome = server.ask({"rotate", "ada/app", "5", "--secret-file", file});
  CHECK(outcome.output.contains("until 2026-11-22T08:00:00Z"));
  CHECK(server.target() == "PUT /esclusa/repos/ada/app/hooks/5/secret");
  CHECK(server.sent().string_at("secret") == " new secret ");
  CHECK(server.sent().integer_at("former_valid_for") == 86'400);
  outcome = server.ask({"rotate", "ada/app", "5", "--generate", "--former-valid-for", "0"});
  CHECK(server.sent().string_at("secret").value() + "\n" == outcome.output);
  CHECK(outcome.output.size() == std::string("whsec_").size() + 44 + 1);
  CHECK(server.sent().integer_at("former_valid_for") == 0);
}

TEST_CASE("hook rotate: without a usable secret it does not call the server") {
  HookServer server;
  const std::string empty = server.folder.write("secret", "\n").string();
  using Arguments = std::vector<std::string>;
  for (const Arguments& more :
       {Arguments{}, Arguments{"--generate", "--secret-file", empty},
        Arguments{"--secret-file", empty}, Arguments{"--secret-file", "/nowhere/secret"},
        Arguments{"--generate", "--former-valid-for", "soon"}}) {
    Arguments arguments = {"rotate", "ada/app", "5"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    CHECK(server.ask(arguments).code == 1);
  }
  CHECK(server.receiver.requests().empty());
}

TEST_CASE("hook adopt: prints the new owner, and says if the hook is not active") {
  HookServer server(json(200, R"({"id": 5, "creator": "bob", "active": false})"));
  const auto outcome = server.ask({"adopt", "works", "5"});
  CHECK(outcome.output.starts_with("bob answers for hook 5 from now on"));
  CHECK(outcome.output.contains("It is not active"));
  CHECK(server.target() == "PUT /esclusa/orgs/works/hooks/5/owner");
}

TEST_CASE("hook: a 404 comes with a hint about what may be missing") {
  HookServer server(json(404, R"({"message": "Not Found"})"));
  const auto outcome = server.ask({"adopt", "ada/app", "5"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("admin:repo_hook"));
  CHECK(outcome.errors.contains("esclusa hook list ada/app"));
}
