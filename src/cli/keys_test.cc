#include "cli/keys.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "base/time.h"
#include "support/cli_run.h"
#include "support/http_receiver.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::json;

namespace {

struct KeyServer : test::AskedServer {
  explicit KeyServer(http::Response answer = json(200, "{}"))
      : AskedServer("key", std::move(answer)) {}

  std::string key_file = folder.write("key.pub", "ssh-ed25519 AAAA ada\n").string();
};

/// A key as it appears in a list.
std::string item(int id, const std::string& created, const std::string& last_used) {
  return R"({"id": )" + std::to_string(id) + R"(, "title": "CI", "read_only": true, )" +
         R"("enabled": true, "added_by": "ada", "created_at": ")" + created +
         R"(", "last_used": )" + (last_used.empty() ? "null" : "\"" + last_used + "\"") + "}";
}

}  // namespace

TEST_CASE("key list: a table") {
  KeyServer server(json(200, R"([{"id": 5, "title": "CI", "read_only": true, "enabled": true,
      "added_by": "ada", "created_at": "C", "last_used": "U", "expires_at": "E"},
      {"id": 6, "title": "b", "read_only": false, "enabled": false, "added_by": null,
      "created_at": "D", "last_used": null}])"));
  const auto outcome = server.ask({"list", "ada/app"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "ID  TITLE  MAY    ENABLED  ADDED BY  CREATED  LAST USED  EXPIRES\n"
        "5   CI     read   yes      ada       C        U          E\n"
        "6   b      write  no       -         D        never      never\n");
  CHECK(server.target() == "GET /repos/ada/app/keys?per_page=100&page=1");
  CHECK(server.receiver.requests().size() == 1);
  CHECK(server.ask({"list", "ada"}).code == 1);
}

TEST_CASE("key list: all pages are read") {
  std::string full = "[";
  for (int i = 1; i <= 100; ++i) full += (i > 1 ? "," : "") + item(i, "C", "");
  full += "]";
  test::HttpReceiver receiver([&](const http::Request& request) {
    return json(200, request.target.ends_with("&page=1") ? full : "[" + item(101, "C", "") + "]");
  });
  test::TempFolder folder;
  const auto outcome = test::run({"key", "list", "ada/app", "--server", receiver.url(""),
                                  "--token-file", folder.write("token", "t").string()});
  CHECK(std::ranges::count(outcome.output, '\n') == 102);
  CHECK(receiver.requests().size() == 2);
}

TEST_CASE("key list --idle: keys unused for that long, counted from the creation if never used") {
  const std::string old = format_time(system_now() - std::chrono::days(91));
  const std::string recent = format_time(system_now() - std::chrono::days(89));
  KeyServer server(json(200, "[" + item(1, old, "") + "," + item(2, old, recent) + "," +
                                 item(3, old, old) + "," + item(4, recent, "") + "]"));
  const auto outcome = server.ask({"list", "ada/app", "--idle", "90d"});
  CHECK(outcome.code == 0);
  std::string ids;
  for (std::string_view line : split(outcome.output, '\n')) {
    if (!line.starts_with("ID")) ids += line.substr(0, line.find(' '));
  }
  CHECK(ids == "13");
  const auto refused = server.ask({"list", "ada/app", "--idle", "long"});
  CHECK(refused.code == 1);
  CHECK(refused.errors == "esclusa: --idle should be such as 90d or 12h\n");
}

TEST_CASE("key add: the key is read-only, unless an option says otherwise") {
  KeyServer server(json(201, R"({"id": 5, "title": "ada"})"));
  const auto outcome = server.ask({"add", "ada/app", server.key_file});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Key 5: ada may read ada/app\n");
  CHECK(server.target() == "POST /repos/ada/app/keys");
  CHECK(server.sent().text() == R"({"key":"ssh-ed25519 AAAA ada\n","read_only":true})");
  CHECK(server.ask({"add", "ada/app", server.key_file, "--title", "CI", "--allow-write"}).output ==
        "Key 5: ada may read and write ada/app\n");
  CHECK(server.sent().text() ==
        R"({"key":"ssh-ed25519 AAAA ada\n","read_only":false,"title":"CI"})");
}

TEST_CASE("key add --expires-in: the time runs from now") {
  KeyServer server(json(201, R"({"id": 5, "title": "ada"})"));
  const Timestamp before = system_now();
  CHECK(server.ask({"add", "ada/app", server.key_file, "--expires-in", "90d"}).code == 0);
  const auto expires = parse_time(server.sent().string_at("expires_at").value());
  REQUIRE(expires);
  CHECK(*expires >= before + std::chrono::days(90) - 1s);
  CHECK(*expires <= system_now() + std::chrono::days(90));
  const auto refused = server.ask({"add", "ada/app", server.key_file, "--expires-in", "soon"});
  CHECK(refused.errors == "esclusa: --expires-in should be such as 90d or 12h\n");
}

TEST_CASE("key add: a private key is not sent, and a missing file is an error") {
  KeyServer server;
  const std::string file =
      server.folder.write("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n").string();
  const auto refused = server.ask({"add", "ada/app", file});
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("is a private key, and was not sent") != std::string::npos);
  CHECK(server.ask({"add", "ada/app", file + ".none"}).code == 1);
  CHECK(server.receiver.requests().empty());
}

TEST_CASE("key add: prints the server's refusal as it is") {
  KeyServer server(json(422, R"({"message": "Validation Failed",
      "errors": [{"message": "key is already in use"}]})"));
  const auto refused = server.ask({"add", "ada/app", server.key_file});
  CHECK(refused.code == 1);
  CHECK(refused.errors == "esclusa: Validation Failed: key is already in use\n");
}

TEST_CASE("key delete: deletes by id") {
  KeyServer server(json(204, ""));
  const auto outcome = server.ask({"delete", "ada/app", "5"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "");
  CHECK(server.target() == "DELETE /repos/ada/app/keys/5");
  KeyServer gone(json(404, R"({"message": "Not Found"})"));
  CHECK(gone.ask({"delete", "ada/app", "5"}).errors == "esclusa: Not Found\n");
}
