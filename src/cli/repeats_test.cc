#include <doctest/doctest.h>

#include "support/cli_run.h"

using namespace esclusa;
using test::json;

namespace {

/// A server that has made a rollback.
struct RepeatServer : test::AskedServer {
  explicit RepeatServer(const std::string& command, const std::string& kind = "rollback")
      : AskedServer(command, answer(kind)) {}

  static http::Response answer(const std::string& kind) {
    http::Response made = json(201, R"({"id": 5, "ref": "v1", "sha": "0123456789abcdef",
                                        "environment": "production"})");
    made.headers.add("X-Esclusa-Kind", kind);
    made.headers.add("X-Esclusa-Origin", "3");
    return made;
  }
  /// The first request: the next one asks for gates.
  http::Request first() { return receiver.requests().at(0); }
  Json body() { return Json::parse(first().body).value(); }
};

}  // namespace

TEST_CASE("rollback: what is sent, and what is said") {
  RepeatServer server("rollback");
  const auto outcome = server.ask({"ada/app", "eu/live", "--to", "3", "--reason", "It burns",
                                   "--task", "web", "--expected-live", "4"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.starts_with("Deployment 5: v1 (0123456789) to production, rollback to 3\n"));
  CHECK(server.first().method == "POST");
  CHECK(server.first().target == "/esclusa/repos/ada/app/environments/eu%2Flive/rollback");
  CHECK(server.body().text() == R"({"to":3,"task":"web","reason":"It burns","expected_live":4})");
}

TEST_CASE("rollback: without --to nothing is named; a reason is needed") {
  RepeatServer server("rollback");
  CHECK(server.ask({"ada/app", "production", "--reason", "x", "--expected-live", "none"}).code ==
        0);
  CHECK(server.body().text() == R"({"reason":"x","expected_live":"none"})");
  CHECK_THROWS_AS(server.ask({"ada/app", "production"}), CLI::ParseError);
  CHECK_THROWS_AS(server.ask({"ada/app", "production", "--reason", "x", "--to", "0"}),
                  CLI::ParseError);
}

TEST_CASE("promote: from and to") {
  RepeatServer server("promote", "promotion");
  const auto outcome = server.ask({"ada/app", "staging", "production", "--skip-contexts"});
  CHECK(outcome.code == 0);
  CHECK(
      outcome.output.starts_with("Deployment 5: v1 (0123456789) to production, promotion of 3\n"));
  CHECK(server.first().target == "/esclusa/repos/ada/app/environments/production/promote");
  CHECK(server.body().text() == R"({"from":"staging","required_contexts":[]})");
}

TEST_CASE("redeploy: of one deployment") {
  RepeatServer server("redeploy", "redeploy");
  CHECK(server.ask({"ada/app", "3", "--reason", "again"}).code == 0);
  CHECK(server.first().target == "/esclusa/repos/ada/app/deployments/3/redeploy");
  CHECK(server.body().text() == R"({"reason":"again"})");
  CHECK_THROWS_AS(server.ask({"ada/app", "main"}), CLI::ParseError);
}

TEST_CASE("rollback: a refusal is printed") {
  test::AskedServer server("rollback",
                           json(422, R"({"message": "Nothing else was live before."})"));
  const auto outcome = server.ask({"ada/app", "production", "--reason", "x"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("Nothing else was live before."));
}
