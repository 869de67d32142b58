#include "cli/gates.h"

#include <doctest/doctest.h>

#include "support/cli_run.h"

using namespace esclusa;
using test::json;

namespace {

constexpr const char* held = R"({"deployment_id": 7, "phase": "held", "ref": "main",
    "sha": "0123456789abcdef", "environment": {"name": "live", "can_admins_bypass": true},
    "gates": [
      {"kind": "wait_timer", "state": "shut", "message": "It runs.", "openers": [],
       "opens_at": "T"},
      {"kind": "required_reviewers", "state": "shut", "message": "1 is missing.",
       "openers": ["grace", "demo/ops"], "opens_at": null}]})";

/// A server where deployment 7 waits in environment 3, and 8 does not.
struct GateServer {
  test::Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", receiver.url(""), "--token-file", token_file});
    return test::run(std::move(arguments));
  }
  static http::Response answer(const http::Request& request) {
    if (request.target.ends_with("/gates")) return json(200, held);
    if (request.target.ends_with("/dry_run")) {
      return json(200, R"({"outcome": "refused", "sha": null, "message": "No.", "gates": []})");
    }
    if (request.target.ends_with("/deployments")) {
      return json(201, R"({"id": 7, "ref": "main", "sha": "0123456789abcdef",
                           "environment": "live"})");
    }
    if (request.target.ends_with("/7/pending_deployments")) {
      return json(200, R"([{"environment": {"id": 3}}])");
    }
    return json(200, "[]");
  }
  std::string sent(size_t at) {
    const auto request = receiver.requests().at(at);
    return request.method + " " + request.target + " " + request.body;
  }

  test::TempFolder folder;
  std::string token_file = folder.write("token", "esc_token\n").string();
  test::HttpReceiver receiver{answer};
};

}  // namespace

TEST_CASE(
    "gates: each gate with its reason, reviewers and time, and what an administrator may do") {
  GateServer server;
  const auto outcome = server.run({"gates", "ada/app", "7"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Deployment 7: main (0123456789) to live is held\n"
        "GATE                STATE  WHY            WHO CAN OPEN IT  OPENS AT\n"
        "wait_timer          shut   It runs.       -                T\n"
        "required_reviewers  shut   1 is missing.  grace, demo/ops  -\n"
        "Administrators may go past what waits: esclusa review --bypass --comment REASON\n");
  CHECK(server.sent(0) == "GET /esclusa/repos/ada/app/deployments/7/gates ");
}

TEST_CASE("review: names the environment that the deployment waits for") {
  GateServer server;
  CHECK(server.run({"review", "ada/app", "7", "--approve", "--comment", "Go"}).code == 0);
  CHECK(server.sent(1) ==
        "POST /repos/ada/app/actions/runs/7/pending_deployments "
        R"({"environment_ids":[3],"state":"approved","comment":"Go"})");
  CHECK(server.run({"review", "ada/app", "7", "--reject"}).code == 0);
  CHECK(server.sent(4).ends_with(R"({"environment_ids":[3],"state":"rejected","comment":""})"));
}

TEST_CASE("review: a bypass needs a reason") {
  GateServer server;
  const auto refused = server.run({"review", "ada/app", "7", "--bypass"});
  CHECK(refused.code == 1);
  CHECK(refused.errors.contains("--comment REASON"));
  CHECK(server.receiver.requests().empty());
  CHECK(server.run({"review", "ada/app", "7", "--bypass", "--comment", "It burns"}).code == 0);
  CHECK(server.sent(0) ==
        R"(POST /esclusa/repos/ada/app/deployments/7/bypass {"reason":"It burns"})");
}

TEST_CASE("review: exactly one decision, and only if the deployment waits") {
  GateServer server;
  for (const std::vector<std::string>& decision :
       {std::vector<std::string>{}, {"--approve", "--reject"}, {"--approve", "--bypass"}}) {
    std::vector<std::string> arguments = {"review", "ada/app", "7"};
    arguments.insert(arguments.end(), decision.begin(), decision.end());
    CHECK(server.run(arguments).errors.contains("--approve, --reject or --bypass"));
  }
  CHECK(server.receiver.requests().empty());
  const auto outcome = server.run({"review", "ada/app", "8", "--approve"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("esclusa gates ada/app 8"));
  CHECK(server.receiver.requests().size() == 1);
}

TEST_CASE("review: a token without the scope is told which scope it needs") {
  test::AskedServer server(
      "review", json(403, R"({"message": "Resource not accessible by personal access token",
                              "reason_code": "missing_scope"})"));
  const auto outcome = server.ask({"ada/app", "9", "--bypass", "--comment", "It burns"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("need the scope repo (public_repo"));
}

TEST_CASE("gates: a 404 comes with a hint about what may be missing") {
  test::AskedServer server("gates", json(404, R"({"message": "Not Found"})"));
  const auto outcome = server.ask({"ada/app", "9"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("repo_deployment"));
  CHECK(outcome.errors.contains("esclusa history ada/app"));
}

TEST_CASE("deploy: says that it has created the environment, or would create it") {
  test::AskedServer server("deploy", json(200, R"({"id": 7, "ref": "main", "sha": "0123456789ab",
      "outcome": "released", "message": "It would be sent at once.", "makes_environment": true,
      "phase": "released", "environment": {"name": "staging2", "is_new": true}, "gates": []})"));
  CHECK(server.ask({"ada/app", "main"}).output.contains("\nstaging2 is new and has no gates\n"));
  const auto tried = server.ask({"ada/app", "main", "--environment", "staging3", "--dry-run"});
  CHECK(tried.output.contains("\nstaging3 is new and has no gates\n"));
}

TEST_CASE("deploy: says that the deployment waits, and for which gates") {
  GateServer server;
  const auto outcome = server.run({"deploy", "ada/app", "main"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Deployment 7: main (0123456789) to live\n"
        "It waits for these gates; nobody has been told to deploy it:\n"
        "GATE                STATE  WHY            WHO CAN OPEN IT  OPENS AT\n"
        "wait_timer          shut   It runs.       -                T\n"
        "required_reviewers  shut   1 is missing.  grace, demo/ops  -\n");
}

TEST_CASE("deploy --dry-run: says what would happen; the exit code is 1 if it would be refused") {
  GateServer server;
  const auto outcome = server.run({"deploy", "ada/app", "topic", "--dry-run"});
  CHECK(outcome.code == 1);
  CHECK(outcome.output == "topic to production: refused\nNo.\n");
  CHECK(server.sent(0).starts_with("POST /esclusa/repos/ada/app/deployments/dry_run {"));
  CHECK(server.receiver.requests().size() == 1);
}
