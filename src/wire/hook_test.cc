#include "wire/hook.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

using Names = std::vector<std::string>;

core::HookConfig config(const std::string& members) {
  CAPTURE(members);
  auto input = parse_new_hook("{\"config\":{\"url\":\"http://x\"" + members + "}}");
  REQUIRE(input);
  REQUIRE(input->config);
  return *input->config;
}

Json written(const core::Hook& hook) {
  core::HookOwner owner;
  if (std::holds_alternative<AccountId>(hook.target)) {
    owner.emplace<core::Account>().login = "demo";
  } else {
    auto& repository = owner.emplace<core::Repository>();
    repository.owner.login = "demo";
    repository.name = "shop";
  }
  JsonWriter json;
  write_hook(json, hook, owner, {"http://h", "http://h"});
  return Json::parse(json.text()).value();
}

}  // namespace

TEST_CASE("parse_new_hook: GitHub's defaults") {
  auto input = parse_new_hook(R"({"config":{"url":"http://x"}})");
  REQUIRE(input);
  CHECK(input->events == Names{"push"});
  CHECK_FALSE(input->active);
  CHECK(input->config->url == "http://x");
  CHECK(input->config->content_type == core::HookContentType::form);
  CHECK_FALSE(input->config->insecure_ssl);
  CHECK_FALSE(input->config->secret);
  CHECK(parse_new_hook(R"({"config":{"url":"http://x"},"events":[]})")->events == Names{"push"});
}

TEST_CASE("parse_new_hook: reads every member") {
  auto input = parse_new_hook(R"({"name":"web","active":false,"events":["deployment","status"],
      "config":{"url":"http://x","content_type":"json","secret":"s","insecure_ssl":"1"}})");
  REQUIRE(input);
  CHECK(input->active == false);
  CHECK(input->events == Names{"deployment", "status"});
  CHECK(input->config->content_type == core::HookContentType::json);
  CHECK(input->config->secret == "s");
  CHECK(input->config->insecure_ssl);
}

TEST_CASE("parse_new_hook: insecure_ssl is a string, a number or a boolean") {
  for (std::string on : {"\"1\"", "1", "true"})
    CHECK(config(",\"insecure_ssl\":" + on).insecure_ssl);
  for (std::string off : {"\"0\"", "0", "false", "null"}) {
    CHECK_FALSE(config(",\"insecure_ssl\":" + off).insecure_ssl);
  }
  for (std::string bad : {"\"2\"", "2", "-1", "\"true\"", "\"\"", "[]", "{}", "1.0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_new_hook(R"({"config":{"url":"http://x","insecure_ssl":)" + bad + "}}"));
  }
}

TEST_CASE("parse_new_hook: a secret may be a number; an empty secret counts as unset") {
  CHECK(config(R"(,"secret":12345)").secret == "12345");
  CHECK_FALSE(config(R"(,"secret":"")").secret);
  CHECK_FALSE(config(R"(,"secret":null)").secret);
  CHECK_FALSE(parse_new_hook(R"({"config":{"url":"http://x","secret":["a"]}})"));
}

TEST_CASE("parse_new_hook: 422 without a config or its URL") {
  for (auto body : {"{}", R"({"config":null})", R"({"name":"web"})"}) {
    CAPTURE(body);
    auto refused = parse_new_hook(body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "Validation Failed");
    REQUIRE(refused.error().fields.size() == 1);
    CHECK(refused.error().fields[0].resource == "Hook");
    CHECK(refused.error().fields[0].field == "config");
    CHECK(refused.error().fields[0].code == "missing_field");
  }
  for (auto body : {R"({"config":{}})", R"({"config":{"url":""}})", R"({"config":{"url":null}})"}) {
    CAPTURE(body);
    auto refused = parse_new_hook(body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fields[0].field == "url");
  }
}

TEST_CASE("parse_new_hook: 422 for wrong types and names") {
  for (auto body : {R"({"config":"http://x"})", R"({"config":[]})", R"({"config":{"url":[]}})",
                    R"({"config":{"url":"http://x","content_type":"xml"}})",
                    R"({"config":{"url":"http://x"},"events":"push"})",
                    R"({"config":{"url":"http://x"},"events":[1]})",
                    R"({"config":{"url":"http://x"},"active":"yes"})",
                    R"({"name":"irc","config":{"url":"http://x"}})"}) {
    CAPTURE(body);
    auto refused = parse_new_hook(body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
  }
}

TEST_CASE("parse_hook_changes: every member is optional") {
  for (auto body : {"", "{}", R"({"config":null,"events":null,"active":null})"}) {
    CAPTURE(body);
    auto input = parse_hook_changes(body);
    REQUIRE(input);
    CHECK_FALSE(input->config);
    CHECK_FALSE(input->events);
    CHECK_FALSE(input->active);
    CHECK(input->add_events.empty());
    CHECK(input->remove_events.empty());
  }
}

TEST_CASE("parse_hook_changes: events to add, to remove and to set") {
  auto input = parse_hook_changes(
      R"({"events":["a"],"add_events":["b","c"],"remove_events":["d"],"active":true})");
  REQUIRE(input);
  CHECK(input->events == Names{"a"});
  CHECK(input->add_events == Names{"b", "c"});
  CHECK(input->remove_events == Names{"d"});
  CHECK(input->active == true);
  CHECK_FALSE(parse_hook_changes(R"({"add_events":"b"})"));
  CHECK_FALSE(parse_hook_changes(R"({"config":{"content_type":"json"}})"));
}

TEST_CASE("write_hook: a secret is shown as eight asterisks, and an unset one is left out") {
  core::Hook hook;
  hook.url = "http://x";
  CHECK_FALSE(written(hook).find("config")->find("secret"));
  hook.secret = Secret("s3cret-value");
  const Json json = written(hook);
  CHECK(json.string_at("config", "secret") == "********");
  CHECK(json.text().find("s3cret") == std::string::npos);
}

TEST_CASE("write_hook: GitHub's object") {
  core::Hook hook;
  hook.id = {5};
  hook.url = "http://x";
  hook.events = {"deployment", "status"};
  hook.active = false;
  Json json = written(hook);
  CHECK(json.string_at("type") == "Repository");
  CHECK(json.string_at("name") == "web");
  CHECK(json.integer_at("id") == 5);
  CHECK(json.find("active")->boolean() == false);
  CHECK(json.find("events")->text() == R"(["deployment","status"])");
  CHECK(json.string_at("config", "url") == "http://x");
  CHECK(json.string_at("config", "content_type") == "form");
  CHECK(json.string_at("config", "insecure_ssl") == "0");
  CHECK(json.string_at("url") == "http://h/repos/demo/shop/hooks/5");
  CHECK(json.string_at("ping_url") == "http://h/repos/demo/shop/hooks/5/pings");
  CHECK(json.string_at("test_url") == "http://h/repos/demo/shop/hooks/5/test");
  CHECK(json.string_at("deliveries_url") == "http://h/repos/demo/shop/hooks/5/deliveries");
  CHECK(json.find("last_response")->text() == R"({"code":null,"status":"unused","message":null})");

  hook.insecure_ssl = true;
  hook.content_type = core::HookContentType::json;
  hook.last_response = {200, "active", "OK"};
  json = written(hook);
  CHECK(json.string_at("config", "insecure_ssl") == "1");
  CHECK(json.string_at("config", "content_type") == "json");
  CHECK(json.find("last_response")->text() == R"({"code":200,"status":"active","message":"OK"})");
}

TEST_CASE("hook configurations: an unknown key is refused, and the error names it") {
  auto check_refusal = [](const auto& parsed) {
    REQUIRE_FALSE(parsed);
    REQUIRE(parsed.error().fields.size() == 1);
    CHECK(parsed.error().fields[0].message == "Invalid config attribute: content-type");
    CHECK(parsed.error().reason_code == "invalid_hook_config");
  };
  const std::string config = R"({"url":"http://x","content-type":"json"})";
  check_refusal(parse_new_hook("{\"config\":" + config + "}"));
  check_refusal(parse_hook_changes("{\"config\":" + config + "}"));
  check_refusal(parse_hook_config_changes(config));
}

TEST_CASE("parse_hook_config_changes: single keys, each of which is optional") {
  for (auto body : {"", "{}", R"({"url":null,"secret":null,"insecure_ssl":null})"}) {
    CAPTURE(body);
    auto changes = parse_hook_config_changes(body);
    REQUIRE(changes);
    CHECK_FALSE(changes->url);
    CHECK_FALSE(changes->content_type);
    CHECK_FALSE(changes->secret);
    CHECK_FALSE(changes->insecure_ssl);
  }
  auto changes = parse_hook_config_changes(
      R"({"url":"http://y","content_type":"json","secret":"","insecure_ssl":1})");
  REQUIRE(changes);
  CHECK(changes->url == "http://y");
  CHECK(changes->content_type == core::HookContentType::json);
  CHECK(changes->secret == "");
  CHECK(changes->insecure_ssl == true);
  for (auto body : {R"({"url":""})", R"({"url":{}})", R"({"content_type":"xml"})",
                    R"({"insecure_ssl":"yes"})", "[]", "nonsense"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_hook_config_changes(body));
  }
}

TEST_CASE("hooks: Esclusa's own members are read and written beside GitHub's") {
  for (auto parse : {parse_new_hook, parse_hook_changes}) {
    auto input = parse(R"({"config":{"url":"http://x"},"retry":"none","when_superseded":"skip"})");
    REQUIRE(input);
    CHECK(input->retry == core::HookRetry::none);
    CHECK(input->when_superseded == core::WhenSuperseded::skip);
    input = parse(R"({"config":{"url":"http://x"},"retry":null})");
    REQUIRE(input);
    CHECK_FALSE(input->retry);
    CHECK_FALSE(input->when_superseded);
    auto refused = parse(R"({"config":{"url":"http://x"},"retry":"never"})");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().message ==
          "Invalid request.\n\nnever is not a member of [\"schedule\", \"none\"].");
    CHECK_FALSE(parse(R"({"config":{"url":"http://x"},"when_superseded":true})"));
    CHECK_FALSE(parse(R"({"config":{"url":"http://x","retry":"none"}})"));
  }
  core::Hook hook;
  hook.creator.login = "ada";
  hook.retry = core::HookRetry::none;
  hook.when_superseded = core::WhenSuperseded::skip;
  Json json = written(hook);
  CHECK(json.string_at("retry") == "none");
  CHECK(json.string_at("when_superseded") == "skip");
  CHECK(json.string_at("creator") == "ada");
  CHECK(json.find("former_secret_until")->is_null());
  hook.former_secret = core::FormerSecret{Secret("older"), from_micros(1'790'000'000'000'000)};
  json = written(hook);
  CHECK(json.string_at("former_secret_until") == "2026-09-21T14:13:20Z");
  CHECK(json.text().find("older") == std::string::npos);
}

TEST_CASE("write_hook: a blocked creator's hook is `suspended`, and the message says what to do") {
  core::Hook hook;
  hook.creator = {{1}, "ada", true};
  hook.last_response = {200, "active", "OK"};
  CHECK(written(hook).find("last_response")->text() ==
        R"({"code":null,"status":"suspended","message":"ada, who made this hook, is blocked; )"
        R"(`esclusa hook adopt` gives it a new owner"})");
}

TEST_CASE("write_hook: an organization's hook") {
  core::Hook hook;
  hook.id = {5};
  hook.target = AccountId{1};
  const Json json = written(hook);
  CHECK(json.string_at("type") == "Organization");
  CHECK(json.string_at("url") == "http://h/orgs/demo/hooks/5");
  CHECK(json.string_at("ping_url") == "http://h/orgs/demo/hooks/5/pings");
  CHECK(json.string_at("deliveries_url") == "http://h/orgs/demo/hooks/5/deliveries");
  CHECK_FALSE(json.find("test_url"));
}

TEST_CASE("parse_secret_rotation: a day by default") {
  using namespace std::chrono_literals;
  auto rotation = parse_secret_rotation(R"({"secret":"s"})");
  REQUIRE(rotation);
  CHECK(rotation->secret == "s");
  CHECK(rotation->former_valid_for == 24h);
  CHECK(parse_secret_rotation(R"({"secret":"s","former_valid_for":60})")->former_valid_for == 60s);
  for (auto body : {R"({"secret":5})", R"({"secret":"s","former_valid_for":"1h"})",
                    R"({"secret":"s","former_valid_for":1.5})", "[]"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_secret_rotation(body));
  }
}
