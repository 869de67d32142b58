#include "cli/secrets.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/crypto.h"
#include "support/cli_run.h"
#include "support/http_receiver.h"

using namespace esclusa;
using test::json;

namespace {

/// Answers as a server with one environment does, whose secret half is here.
struct SecretServer {
  explicit SecretServer(int status = 201) : status_(status) {}

  test::Outcome ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", receiver.url(""), "--token-file",
                                       folder.write("token", "t").string()});
    return test::run(std::move(arguments));
  }
  std::string requests() {
    std::string text;
    for (const auto& request : receiver.requests()) {
      text += request.method + " " + request.target + "\n";
    }
    return text;
  }
  Json last_body() { return Json::parse(receiver.requests().back().body).value(); }

  const BoxKeys keys = (init_crypto(), make_box_keys());
  test::TempFolder folder;
  test::HttpReceiver receiver{[this](const http::Request& request) {
    if (request.target.ends_with("/public-key")) {
      return json(200, R"({"key_id": "7", "key": ")" + base64(keys.public_key) + "\"}");
    }
    if (request.method == "POST") return json(status_, R"({"message": "Already exists"})");
    return json(200, R"({"total_count": 1, "secrets": [{"name": "A", "created_at": "C",
        "updated_at": "U"}], "variables": [{"name": "B", "value": "v", "updated_at": "W"}]})");
  }};

 private:
  int status_;
};

}  // namespace

TEST_CASE("secret set: the value is sealed for the environment's key, and is no argument") {
  SecretServer server;
  const std::string file = server.folder.write("value", "canary\n").string();
  const auto outcome =
      server.ask({"secret", "set", "ada/app", "--env", "eu/live", "DB_URL", "--file", file});
  CHECK(outcome.code == 0);
  CHECK(server.requests() ==
        "GET /repos/ada/app/environments/eu%2Flive/secrets/public-key\n"
        "PUT /repos/ada/app/environments/eu%2Flive/secrets/DB_URL\n");
  const auto body = server.last_body();
  CHECK(body.string_at("key_id") == "7");
  const auto box = base64_decode(body.string_at("encrypted_value").value());
  REQUIRE(box);
  CHECK(open_box(server.keys, *box)->reveal() == "canary");
  CHECK_FALSE(body.text().contains("canary"));
}

TEST_CASE("secret and variable list: tables; delete") {
  SecretServer server;
  CHECK(server.ask({"secret", "list", "ada/app", "--env", "qa"}).output ==
        "NAME  CREATED AT  UPDATED AT\nA     C           U\n");
  CHECK(server.ask({"variable", "list", "ada/app", "--env", "qa"}).output ==
        "NAME  VALUE  UPDATED AT\nB     v      W\n");
  CHECK(server.ask({"secret", "delete", "ada/app", "--env", "qa", "A"}).code == 0);
  CHECK(server.requests().ends_with("DELETE /repos/ada/app/environments/qa/secrets/A\n"));
}

TEST_CASE("variable set: creates, or changes what is there") {
  for (const bool is_there : {false, true}) {
    CAPTURE(is_there);
    SecretServer server(is_there ? 409 : 201);
    const std::string file = server.folder.write("value", "eu\n").string();
    const auto outcome =
        server.ask({"variable", "set", "ada/app", "--env", "qa", "REGION", "--file", file});
    CHECK(outcome.code == 0);
    const std::string path = "/repos/ada/app/environments/qa/variables";
    CHECK(server.requests() ==
          "POST " + path + "\n" + (is_there ? "PATCH " + path + "/REGION\n" : ""));
    CHECK(server.last_body().string_at("value") == "eu");
  }
}

TEST_CASE("secret rotate-key: a file of 32 bytes is no new key, since it has no number") {
  init_crypto();
  test::TempFolder folder;
  const std::string raw = folder.write("raw", std::string(32, 'x')).string();
  const auto outcome =
      test::run({"secret", "rotate-key", "--new-key", raw, "--socket", "/nowhere"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.contains("k2 BASE64"));
}

TEST_CASE("secret and variable: without a token the advice names the scope and the role") {
  unsetenv("ESCLUSA_TOKEN");
  for (const char* command : {"secret", "variable"}) {
    CAPTURE(command);
    const auto outcome = test::run({command, "list", "ada/app", "--env", "production"});
    CHECK(outcome.code == 1);
    CHECK(outcome.errors.contains("--scopes repo, for a LOGIN with the role admin"));
  }
}
