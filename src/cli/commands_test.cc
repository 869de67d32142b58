#include "cli/commands.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/json.h"
#include "cli/output.h"
#include "support/cli_run.h"
#include "support/http_receiver.h"
#include "support/temp_folder.h"

using namespace esclusa;
using test::Capture;
using test::HttpReceiver;
using test::json;
using test::Outcome;
using test::run;

namespace {

/// A server on the administrator's unix socket that gives the same answer to every request.
struct Administration {
  explicit Administration(http::Response answer = json(200, "{}"))
      : receiver([answer = std::move(answer)](const http::Request&) { return answer; }, socket) {}

  Outcome ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--socket", socket});
    return run(std::move(arguments));
  }
  Json sent() { return Json::parse(receiver.requests().back().body).value(); }
  std::string target() {
    const auto request = receiver.requests().back();
    return request.method + " " + request.target;
  }

  test::TempFolder folder;
  std::string socket = (folder / "admin.sock").string();
  HttpReceiver receiver;
};

/// A server with the public API: it creates deployment 5, and each read shows one more of its
/// statuses.
struct DeployServer {
  explicit DeployServer(std::vector<std::string> states) : states(std::move(states)) {}

  Outcome deploy(std::vector<std::string> more = {"--wait"}) {
    std::vector<std::string> arguments = {"deploy",         "ada/app",      "main",    "--server",
                                          receiver.url(""), "--token-file", token_file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
  Json sent() { return Json::parse(receiver.await(1).at(0).body).value(); }

  http::Response answer(const http::Request& request) {
    if (request.method == "POST") {
      return json(201, R"({"id": 5, "ref": "main", "sha": "0123456789abcdef",
                           "environment": "production"})");
    }
    std::lock_guard lock(mutex);
    shown = std::min(shown + 1, states.size());
    std::string list;
    for (size_t i = shown; i-- > 0;) {
      list += std::string(list.empty() ? "" : ",") + R"({"id": )" + std::to_string(i + 1) +
              R"(, "state": ")" + states[i] + R"(", "description": "d", "created_at": "T"})";
    }
    return json(200, "[" + list + "]");
  }

  std::vector<std::string> states;
  std::mutex mutex;
  size_t shown = 0;
  test::TempFolder folder;
  std::string token_file = folder.write("token", " esc_token\n").string();
  HttpReceiver receiver{[this](const http::Request& request) { return answer(request); }};
};

std::string table(const std::vector<std::vector<std::string>>& rows) {
  Capture capture;
  cli::print_table(rows);
  return capture.output();
}

}  // namespace

TEST_CASE("print_table: columns are as wide as their widest cell, counted in characters") {
  CHECK(table({{"ID", "NAME", "X"}, {"1", "größer", "y"}, {"1000", "a", "z"}}) ==
        "ID    NAME    X\n"
        "1     größer  y\n"
        "1000  a       z\n");
}

TEST_CASE("print_table: rows may be empty or of different lengths") {
  CHECK(table({}) == "");
  CHECK(table({{"A", "B"}, {"long"}, {}, {"1", "2"}}) == "A     B\nlong\n\n1     2\n");
}

TEST_CASE("print_table: control characters from a server do not move the cursor or start a line") {
  CHECK(table({{"A", "B"}, {"a\x1b[2J", "b\nc\r"}}) == "A      B\na?[2J  b c?\n");
}

TEST_CASE("print_table: bytes that are not UTF-8 take one column each") {
  CHECK(table({{"a\xff\xfe", "B"}, {"abc", "c"}}) == "a??  B\nabc  c\n");
}

TEST_CASE("report: one line on standard error, and exit code 1") {
  Capture capture;
  CHECK(cli::report(Error{ErrorCode::invalid, "no \x1b[31mred", {}, {}, {}}) == 1);
  CHECK(capture.errors() == "esclusa: no ?[31mred\n");
  CHECK(capture.output().empty());
}

TEST_CASE("token create: prints only the token, and sends what the options say") {
  Administration server(json(201, R"({"id": 1, "token": "esc_abc"})"));
  const auto outcome = server.ask({"token", "create", "ci[bot]", "--scopes", "repo_deployment",
                                   "--name", "CI", "--expires-in", "90d"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "esc_abc\n");
  CHECK(server.target() == "POST /esclusa/admin/users/ci%5Bbot%5D/tokens");
  CHECK(server.sent().string_at("scopes") == "repo_deployment");
  CHECK(server.sent().string_at("name") == "CI");
  CHECK(server.sent().integer_at("expires_in_seconds") == 90 * 86'400);
}

TEST_CASE(
    "token create: durations in seconds, minutes, hours and days; without one it never expires") {
  Administration server;
  for (auto [text, seconds] : std::initializer_list<std::pair<const char*, int64_t>>{
           {"45s", 45}, {"30m", 1800}, {"12h", 43'200}, {"1d", 86'400}}) {
    CAPTURE(text);
    CHECK(server.ask({"token", "create", "ada", "--expires-in", text}).code == 0);
    CHECK(server.sent().integer_at("expires_in_seconds") == seconds);
  }
  CHECK(server.ask({"token", "create", "ada"}).code == 0);
  CHECK_FALSE(server.sent().find("expires_in_seconds").has_value());
}

TEST_CASE("token create: an invalid duration is refused before the server is asked") {
  Administration server;
  for (const char* text : {"90", "d", "0d", "-1d", "1.5d", "90D", " 90d", "90d ", "1w",
                           "9223372036854775807d", "99999999999999999999d"}) {
    CAPTURE(text);
    const auto outcome =
        server.ask({"token", "create", "ada", std::string("--expires-in=") + text});
    CHECK(outcome.code == 1);
    CHECK(outcome.errors == "esclusa: --expires-in should be such as 90d or 12h\n");
  }
  CHECK(server.receiver.requests().empty());
}

TEST_CASE("token list: a table with a dash for each missing value") {
  Administration server(json(200, R"([{"id": 1, "name": "CI", "scopes": "repo",
    "created_at": "2026", "expires_at": null, "revoked_at": "2027"}])"));
  const auto outcome = server.ask({"token", "list", "ada"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "ID  NAME  SCOPES  CREATED AT  EXPIRES AT  LAST USED AT  REVOKED AT\n"
        "1   CI    repo    2026        -           -             2027\n");
  CHECK(server.target() == "GET /esclusa/admin/users/ada/tokens");
}

TEST_CASE("user create, org add, token revoke: call their routes") {
  Administration server(json(200, R"({"login": "ci[bot]", "kind": "bot"})"));
  auto outcome = server.ask({"user", "create", "ci[bot]", "--kind", "bot", "--human", "ada"});
  CHECK(outcome.output == "Made the bot ci[bot]\n");
  CHECK(server.target() == "POST /esclusa/admin/users");
  CHECK(server.sent().string_at("human") == "ada");
  CHECK(server.sent().find("site_admin")->boolean() == false);
  CHECK(server.ask({"org", "add", "team", "ada", "--role", "admin"}).code == 0);
  CHECK(server.target() == "PUT /esclusa/admin/organizations/team/members/ada");
  CHECK(server.sent().string_at("role") == "admin");
  CHECK(server.ask({"token", "revoke", "12"}).code == 0);
  CHECK(server.target() == "DELETE /esclusa/admin/tokens/12");
}

TEST_CASE("user block and unblock: say what happens to the account's tokens and hooks") {
  Administration server(json(200, R"({"login": "ada", "hook_count": 2})"));
  CHECK(server.ask({"user", "block", "Ada"}).output.starts_with("Blocked ada: "));
  CHECK(server.target() == "PUT /esclusa/admin/users/Ada/blocked");
  const auto outcome = server.ask({"user", "unblock", "Ada"});
  CHECK(outcome.output.starts_with("Unblocked ada: "));
  CHECK(outcome.output.contains("2 hooks"));
  CHECK(server.target() == "DELETE /esclusa/admin/users/Ada/blocked");
  CHECK_FALSE(outcome.output.contains("bot"));
}

TEST_CASE(
    "user block and unblock: list the bots and their tokens, and warn about remaining access") {
  Administration server(json(200, R"({"login": "ada", "hook_count": 0,
    "was_last_administrator": true, "without_owner": ["acme"], "bots": [
    {"login": "ci", "blocked_at": "2026", "hook_count": 1, "tokens": [
      {"id": 4, "name": "deploy", "scopes": "repo_deployment"}]},
    {"login": "old", "blocked_at": null, "hook_count": 0, "tokens": []}]})"));
  const auto outcome = server.ask({"user", "block", "ada", "--keep-bots"});
  CHECK(server.target() == "PUT /esclusa/admin/users/ada/blocked?bots=stay");
  CHECK(outcome.output.contains(
      "ci, a bot for which ada answers, is blocked: its tokens open nothing; 1 hook"));
  CHECK(
      outcome.output.contains("ID  NAME    SCOPES           EXPIRES AT  LAST USED AT\n"
                              "4   deploy  repo_deployment  -           -\n"));
  CHECK(outcome.output.contains("old, a bot for which ada answers, is not blocked"));
  CHECK(outcome.output.contains("no site administrator is left"));
  CHECK(outcome.output.contains("esclusa org add acme LOGIN --role admin"));
  CHECK(server.ask({"user", "unblock", "ada"}).output.contains("esclusa user block old"));
}

TEST_CASE("app permissions: sends what is to change, and says what waits for --accept") {
  Administration server(json(200, R"({"id": 1, "slug": "shop", "client_id": "Iv1.1",
      "owner": "acme", "permissions": "checks=write", "events": ["push"], "keys": [],
      "installations": [{"id": 5, "account": "acme", "repository_selection": "all",
                         "permissions": "checks=read", "events": ["push"]}]})"));
  const auto outcome = server.ask({"app", "permissions", "shop", "--permission", "checks=write",
                                   "--permission", "deployments=read", "--event", "push"});
  CHECK(outcome.output ==
        "shop: id 1, client id Iv1.1, of acme (checks=write)\n"
        "  Installation 5 at acme (all repositories, checks=read)\n"
        "Some installations have less than the app asks for: "
        "esclusa app permissions shop --accept\n");
  CHECK(server.target() == "PUT /esclusa/admin/apps/shop/permissions");
  CHECK(server.sent().text() ==
        R"({"accepted":false,"permissions":"checks=write,deployments=read","events":["push"]})");
  const auto sent = [&](const std::string& flag) {
    CHECK(server.ask({"app", "permissions", "shop", flag}).code == 0);
    return server.sent().text();
  };
  CHECK(sent("--no-events") == R"({"accepted":false,"events":[]})");
  CHECK(sent("--accept") == R"({"accepted":true})");
  const size_t asked = server.receiver.requests().size();
  CHECK(server.ask({"app", "permissions", "shop"}).code == 1);
  CHECK(server.receiver.requests().size() == asked);
}

TEST_CASE("app uninstall, app remove: print what stays, and how to end it") {
  Administration server(json(200, R"({"bot": "shop[bot]", "hooks": [{"id": 5, "place": "acme/web",
      "url": "https://ci.example.org"}, {"id": 6, "place": "acme", "url": "https://b.example"}],
      "keys": [{"id": 3, "place": "acme/web", "title": "CI"}]})"));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"app", "uninstall", "shop", "acme"}, {"app", "remove", "shop"}}) {
    CHECK(server.ask(command).output ==
          "What shop[bot] made works on, until somebody removes it:\n"
          "  Webhook 5 of acme/web: https://ci.example.org\n"
          "  Webhook 6 of acme: https://b.example\n"
          "  Deploy key 3 of acme/web: CI\n"
          "A webhook is removed by DELETE /repos/OWNER/REPO/hooks/ID or /orgs/ORG/hooks/ID.\n"
          "A deploy key is removed by `esclusa key delete OWNER/REPO ID`.\n"
          "`esclusa user block 'shop[bot]'` stops all of it at once.\n");
  }
  Administration nothing(json(200, R"({"bot": "shop[bot]", "hooks": [], "keys": []})"));
  CHECK(nothing.ask({"app", "remove", "shop"}).output.empty());
}

TEST_CASE("app webhook: --remove, or what is set, but not both") {
  Administration server;
  CHECK(server.ask({"app", "webhook", "shop", "--remove"}).code == 0);
  CHECK(server.target() == "DELETE /esclusa/admin/apps/shop/hook");
  CHECK_THROWS(server.ask({"app", "webhook", "shop", "--remove", "--content-type", "json"}));
}

TEST_CASE("repo environments: sends whether deployments may create environments") {
  Administration server;
  CHECK(server.ask({"repo", "environments", "team/app", "known"}).code == 0);
  CHECK(server.target() == "PUT /esclusa/admin/repositories/team/app/environments");
  CHECK(server.sent().string_at("environments") == "known");
}

TEST_CASE("repo add: sends an absolute path; repo create sends none") {
  Administration server;
  CHECK(server.ask({"repo", "add", "team/app", "some/folder", "--writable", "--public"}).code == 0);
  CHECK(server.target() == "POST /esclusa/admin/repositories");
  CHECK(server.sent().string_at("owner") == "team");
  CHECK(server.sent().string_at("name") == "app");
  CHECK(server.sent().string_at("path") ==
        (std::filesystem::current_path() / "some/folder").string());
  CHECK(server.sent().find("writable")->boolean() == true);
  CHECK(server.sent().string_at("visibility") == "public");
  CHECK_FALSE(server.sent().find("auto_merge").has_value());
  CHECK(server.ask({"repo", "create", "team/new"}).code == 0);
  CHECK_FALSE(server.sent().find("path").has_value());
  CHECK(server.sent().string_at("visibility") == "private");
  const size_t asked = server.receiver.requests().size();
  CHECK(server.ask({"repo", "create", "no-name"}).code == 1);
  CHECK(server.receiver.requests().size() == asked);
}

TEST_CASE("repo add: names alternates by absolute paths, and prints what was found") {
  Administration server(json(201, R"({"full_name": "team/app", "visibility": "private",
      "default_branch": "main", "path": "/srv/app.git", "found": ["It is bare.", "Second."]})"));
  const auto outcome = server.ask({"repo", "add", "team/app", "app.git", "--alternate", "pool",
                                   "--alternate", "/srv/other/objects"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Registered team/app (private, default branch main) at /srv/app.git\n"
        "  It is bare.\n"
        "  Second.\n");
  CHECK(server.sent().find("alternates")->text() ==
        "[\"" + (std::filesystem::current_path() / "pool").string() + "\",\"/srv/other/objects\"]");
}

TEST_CASE("repo set: sends only what is to change") {
  Administration server(json(200, R"({"full_name": "team/app", "visibility": "public",
      "writable": false, "auto_merge": "ignore", "default_branch": "trunk",
      "default_branch_source": "head", "path": "/srv/app.git", "found": []})"));
  const auto outcome = server.ask({"repo", "set", "team/app", "--default-branch", "trunk"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "team/app (public, read-only, auto_merge ignore, default branch trunk as "
        "HEAD says) at /srv/app.git\n");
  CHECK(server.target() == "PATCH /esclusa/admin/repositories/team/app");
  CHECK(server.sent().text() == R"({"default_branch":"trunk"})");
  auto sent = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"repo", "set", "team/app"});
    CHECK(server.ask(flags).code == 0);
    return server.sent().text();
  };
  CHECK(sent({"--default-branch", "auto"}) == R"({"default_branch":null})");
  CHECK(sent({"--writable", "--auto-merge", "merge"}) ==
        R"({"writable":true,"auto_merge":"merge"})");
  CHECK(sent({"--read-only", "--private"}) == R"({"writable":false,"visibility":"private"})");
  CHECK(sent({"--public"}) == R"({"visibility":"public"})");
  CHECK(sent({"--path", "/srv/b.git", "--alternate", "/srv/c/objects"}) ==
        R"({"path":"/srv/b.git","alternates":["/srv/c/objects"]})");
  CHECK(sent({"--no-alternates"}) == R"({"alternates":[]})");
}

TEST_CASE("repo remove: prints what it ended") {
  Administration server(json(200, R"({"full_name": "team/app", "path": "/srv/app.git",
      "deployment_count": 1, "hook_count": 2, "deploy_key_count": 0})"));
  const auto outcome = server.ask({"repo", "remove", "team/app"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Removed team/app: ended 1 deployment that waited, deleted 2 hooks and 0 deploy keys\n"
        "Its folder is as it was, refs/deployments included: /srv/app.git\n");
  CHECK(server.target() == "DELETE /esclusa/admin/repositories/team/app");
  CHECK(server.ask({"repo", "remove", "no-name"}).code == 1);
}

TEST_CASE("repo rename: sends the new name, and prints the repository's new full name") {
  Administration server(json(200, R"({"full_name": "Team/New"})"));
  const auto outcome = server.ask({"repo", "rename", "team/old", "New"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Renamed team/old to Team/New\n");
  CHECK(server.target() == "PATCH /esclusa/admin/repositories/team/old");
  CHECK(server.sent().string_at("name") == "New");
  CHECK(server.ask({"repo", "rename", "no-name", "New"}).code == 1);
  CHECK(server.receiver.requests().size() == 1);
}

TEST_CASE("administration: a refusal is printed, and the exit code is 1") {
  Administration server(json(422, R"({"message": "The login \"ada\" is taken"})"));
  const auto outcome = server.ask({"user", "create", "ada"});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "esclusa: The login \"ada\" is taken\n");
  CHECK(outcome.output.empty());
}

TEST_CASE("administration: without a running server the message says so") {
  test::TempFolder folder;
  const auto outcome = run({"user", "list", "--socket", (folder / "none.sock").string()});
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.find("Is `esclusa serve` running?") != std::string::npos);
}

TEST_CASE("deploy: creates the deployment, and waits only with --wait") {
  DeployServer server({});
  const auto outcome = server.deploy({});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Deployment 5: main (0123456789) to production\n");
  const auto requests = server.receiver.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/repos/ada/app/deployments");
  CHECK(requests[1].target == "/esclusa/repos/ada/app/deployments/5/gates");
  CHECK(requests[0].headers.find("Authorization") == "Bearer esc_token");
  CHECK(server.sent().find("auto_merge")->boolean() == true);
}

TEST_CASE("deploy: the options are sent in the request") {
  DeployServer server({});
  CHECK(server
            .deploy({"--environment", "staging", "--task", "t", "--description", "d", "--payload",
                     R"({"a":1})", "--no-auto-merge", "--skip-contexts", "--expected-live", "7"})
            .code == 0);
  const auto sent = server.sent();
  CHECK(sent.string_at("environment") == "staging");
  CHECK(sent.string_at("task") == "t");
  CHECK(sent.string_at("description") == "d");
  CHECK(sent.find("payload")->integer_at("a") == 1);
  CHECK(sent.find("auto_merge")->boolean() == false);
  CHECK(sent.find("required_contexts").has_value());
  CHECK(server.receiver.requests()[0].headers.find("X-Esclusa-Expected-Live") == "7");
}

TEST_CASE("deploy --wait: prints each status once, in order, and exits at the outcome") {
  DeployServer server({"queued", "in_progress", "success"});
  const auto outcome = server.deploy();
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Deployment 5: main (0123456789) to production\n"
        "T  queued  d\nT  in_progress  d\nT  success  d\n");
}

TEST_CASE("deploy --wait: the exit code tells the outcome") {
  CHECK(DeployServer({"failure"}).deploy().code == 2);
  CHECK(DeployServer({"error"}).deploy().code == 2);
  CHECK(DeployServer({"inactive"}).deploy().code == 4);
  CHECK(DeployServer({"queued"}).deploy({"--wait", "--timeout", "0"}).code == 3);
}

TEST_CASE("deploy: needs a token, from a file or from the environment") {
  unsetenv("ESCLUSA_TOKEN");
  DeployServer server({});
  const std::vector<std::string> plain = {"deploy", "ada/app", "main", "--server",
                                          server.receiver.url("")};
  auto outcome = run(plain);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.find("there is no token") != std::string::npos);
  CHECK(run({"deploy", "ada/app", "main", "--token-file", "/nonexistent"}).code == 1);
  CHECK(server.receiver.requests().empty());
  setenv("ESCLUSA_TOKEN", "esc_from_environment", 1);
  CHECK(run(plain).code == 0);
  unsetenv("ESCLUSA_TOKEN");
  CHECK(server.receiver.await(1).at(0).headers.find("Authorization") ==
        "Bearer esc_from_environment");
}

TEST_CASE("history: a table of deployments with their latest state") {
  HttpReceiver receiver([](const http::Request& request) {
    if (request.path().ends_with("/2/statuses")) {
      return json(200, R"([{"id": 1, "state": "success", "description": "done"}])");
    }
    if (request.path().ends_with("/statuses")) return json(200, "[]");
    if (request.path().ends_with("/1")) return json(404, R"({"message": "Not Found"})");
    if (request.path().ends_with("/2")) {
      http::Response back = json(200, R"({"id": 2})");
      back.headers.add("X-Esclusa-Kind", "rollback");
      back.headers.add("X-Esclusa-Origin", "1");
      return back;
    }
    return json(200, R"([{"id": 2, "ref": "main", "sha": "0123456789abcdef", "task": "deploy",
      "environment": "staging", "creator": {"login": "ada"}, "created_at": "T2"},
      {"id": 1, "ref": "v1", "sha": "fedcba9876543210", "task": "deploy",
      "environment": "staging", "creator": {"login": "bob"}, "created_at": "T1"}])");
  });
  test::TempFolder folder;
  const auto outcome =
      run({"history", "ada/app", "--environment", "staging", "--count", "2", "--server",
           receiver.url(""), "--token-file", folder.write("token", "t").string()});
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "ID  CREATED  ENVIRONMENT  TASK    REF   COMMIT      BY   KIND           STATE    "
        "DESCRIPTION\n"
        "2   T2       staging      deploy  main  0123456789  ada  rollback to 1  success  done\n"
        "1   T1       staging      deploy  v1    fedcba9876  bob  deploy         -        \n");
  CHECK(receiver.requests().at(0).target ==
        "/repos/ada/app/deployments?per_page=2&environment=staging");
}

TEST_CASE("history: a count larger than a page is refused") {
  CHECK_THROWS_AS(run({"history", "ada/app", "--count", "101"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"history", "ada/app", "--count", "0"}), CLI::ParseError);
}

TEST_CASE("commands: a group without a subcommand is a usage error") {
  CHECK_THROWS_AS(run({"token"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"token", "create"}), CLI::ParseError);
}

TEST_CASE("repo protect: sends the pattern as one segment of the path, and --remove deletes it") {
  Administration server(json(204, ""));
  CHECK(server.ask({"repo", "protect", "team/app", "release/*"}).code == 0);
  CHECK(server.target() ==
        "PUT /esclusa/admin/repositories/team/app/branch-protections/release%2F%2A");
  CHECK(server.ask({"repo", "protect", "team/app", "main", "--remove"}).code == 0);
  CHECK(server.target() == "DELETE /esclusa/admin/repositories/team/app/branch-protections/main");
  CHECK(server.ask({"repo", "protect", "no-name", "main"}).code == 1);
  CHECK(server.ask({"repo", "protect", "team/app", ""}).code == 1);
}

TEST_CASE("repo protections: prints the patterns and when each was added") {
  Administration server(json(200, R"([{"pattern": "main", "created_at": "2026"}])"));
  const auto outcome = server.ask({"repo", "protections", "team/app"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "PATTERN  CREATED AT\nmain     2026\n");
  CHECK(server.target() == "GET /esclusa/admin/repositories/team/app/branch-protections");
}
