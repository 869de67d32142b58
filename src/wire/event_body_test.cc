#include "wire/event_body.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/json_scan.h"
#include "core/ref_intent.h"
#include "wire/deployment.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

using Names = std::vector<std::string>;

struct World {
  core::Repository repository;
  core::Account sender;
  Urls urls{"http://h", "http://h"};
  core::Deployment deployment;
  core::DeploymentStatus status;
  core::Hook hook;
  core::HookOwner in_repository;

  World() {
    repository.id = {3};
    repository.owner = {.id = {1},
                        .login = "demo",
                        .kind = core::AccountKind::organization,
                        .human_id = {},
                        .blocked_at = {}};
    repository.name = "shop";
    repository.default_branch = "main";
    sender.id = {2};
    sender.login = "ada";
    deployment.id = {42};
    deployment.payload = R"({"text":"\u0000 \" é"})";
    deployment.environment.name = deployment.original_environment.name = "line\u2028 ☃";
    deployment.ref = "a\"b";
    status.id = {9};
    status.deployment_id = {42};
    hook.id = {5};
    hook.events = {"deployment"};
    hook.secret = Secret("s3cret-value");
    in_repository = repository;
  }
  EventContext context() const { return {repository, sender, urls}; }
  HookEventContext hook_context(const core::HookOwner& owner) const {
    return {owner, sender, urls};
  }
};

Json parsed(const std::string& text) {
  auto json = Json::parse(text);
  REQUIRE(json);
  return *json;
}

Names keys(const Json& json) {
  const auto document = boost::json::parse(json.text());
  Names names;
  for (const auto& member : document.as_object()) names.emplace_back(member.key());
  return names;
}

}  // namespace

TEST_CASE("deployment_event: workflow and workflow_run are null, and not absent") {
  const World world;
  const Json json = parsed(deployment_event(world.context(), world.deployment));
  CHECK(keys(json) == Names{"action", "deployment", "workflow", "workflow_run", "repository",
                            "organization", "sender"});
  CHECK(json.string_at("action") == "created");
  CHECK(json.find("workflow")->is_null());
  CHECK(json.find("workflow_run")->is_null());
  CHECK(json.integer_at("deployment", "id") == 42);
  CHECK(json.string_at("deployment", "ref") == "a\"b");
  CHECK(json.string_at("deployment", "payload", "text") == std::string("\0 \" é", 6));
  CHECK(json.string_at("sender", "login") == "ada");
}

TEST_CASE("deployment_event: has the format of JSON.stringify, whatever the payload's format") {
  World world;
  world.deployment.payload = "{ \"b\" : [1.0,\n9007199254740993], \"a\":\"\\u00e9\\/\" }";
  world.deployment.description = "\b\x7f\xc2\x85";
  const std::string event = deployment_event(world.context(), world.deployment);
  CHECK(event.contains("\"payload\":{\"b\":[1,9007199254740993],\"a\":\"é/\"}"));
  CHECK(event.contains("\"description\":\"\\b\x7f\xc2\x85\""));
}

TEST_CASE("deployment_event: the deepest payload is within 32 levels, also in a page of the feed") {
  World world;
  constexpr size_t feed_levels = 3;  // page, list of events, event
  world.deployment.payload = std::string(payload_depth, '[') + std::string(payload_depth, ']');
  const std::string event = deployment_event(world.context(), world.deployment);
  CHECK(nesting_depth(event) + feed_levels <= 32);
  CHECK_NOTHROW(boost::json::parse("[[[" + event + "]]]"));
}

TEST_CASE("deployment_status_event: has no members about workflows, not even null ones") {
  const World world;
  const Json json =
      parsed(deployment_status_event(world.context(), world.status, world.deployment));
  CHECK(keys(json) ==
        Names{"action", "deployment_status", "deployment", "repository", "organization", "sender"});
  CHECK(json.string_at("action") == "created");
  CHECK(json.integer_at("deployment_status", "id") == 9);
  CHECK_FALSE(json.find("deployment_status")->find("log_url"));
  CHECK(json.string_at("deployment_status", "state") == "pending");
  CHECK(json.integer_at("deployment", "id") == 42);
}

TEST_CASE("ping_event: no action, and no secret") {
  const World world;
  const std::string text = ping_event(world.hook_context(world.in_repository), world.hook);
  const Json json = parsed(text);
  CHECK(keys(json) == Names{"zen", "hook_id", "hook", "repository", "organization", "sender"});
  CHECK(json.integer_at("hook_id") == 5);
  CHECK(json.integer_at("hook", "id") == 5);
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("ping_event: the hook has never been used, as the schema requires") {
  World world;
  world.hook.last_response = {502, "misconfigured", "failed to connect to host"};
  world.hook.creator.blocked = true;
  world.hook.former_secret = core::FormerSecret{Secret("older"), from_micros(1)};
  const Json json = parsed(ping_event(world.hook_context(world.in_repository), world.hook));
  CHECK(keys(*json.find("hook")) == Names{"type", "id", "name", "active", "events", "config",
                                          "updated_at", "created_at", "url", "test_url", "ping_url",
                                          "deliveries_url", "last_response"});
  CHECK(json.find("hook")->find("last_response")->text() ==
        R"({"code":null,"status":"unused","message":null})");
}

TEST_CASE("ping_event: an organization's hook has no repository and no test") {
  World world;
  const core::HookOwner owner = world.repository.owner;
  world.hook.target = core::target_of(owner);
  const Json json = parsed(ping_event(world.hook_context(owner), world.hook));
  CHECK(keys(json) == Names{"zen", "hook_id", "hook", "organization", "sender"});
  CHECK(json.string_at("hook", "type") == "Organization");
  CHECK(json.string_at("hook", "ping_url") == "http://h/orgs/demo/hooks/5/pings");
  CHECK_FALSE(json.find("hook")->find("test_url"));
  CHECK(json.string_at("organization", "login") == "demo");
}

TEST_CASE("status_event: no action, and only the commit members that its schema allows") {
  const World world;
  core::CommitStatus status;
  status.id = {7};
  status.sha = std::string(40, 'a');
  status.context = "ci";
  core::Commit commit;
  commit.sha = status.sha;
  commit.author.name = "b\xff\"";  // bytes in git need not be UTF-8
  const Json json = parsed(status_event(world.context(), status, commit, {{"main", status.sha}}));
  CHECK(keys(json) == Names{"id", "sha", "name", "avatar_url", "target_url", "context",
                            "description", "state", "commit", "branches", "created_at",
                            "updated_at", "repository", "organization", "sender"});
  CHECK(json.string_at("name") == "demo/shop");
  CHECK(json.string_at("created_at") == "1970-01-01T00:00:00+00:00");
  CHECK(json.find("commit")->find("commit")->find("verification")->find("verified_at")->is_null());
  CHECK(json.find("branches")->elements().at(0).string_at("name") == "main");
}

TEST_CASE("deploy_key_event: the key has exactly the members of its schema") {
  const World world;
  core::DeployKey key;
  key.id = {6};
  key.key.text = "ssh-ed25519 AAAA";
  key.title = "CI";
  key.expires_at = key.last_used_at = from_micros(1);
  const Json json = parsed(deploy_key_event(world.context(), "deleted", key));
  CHECK(keys(json) == Names{"action", "key", "repository", "organization", "sender"});
  CHECK(json.string_at("action") == "deleted");
  CHECK(json.find("key")->text() ==
        R"({"id":6,"key":"ssh-ed25519 AAAA","url":"http://h/repos/demo/shop/keys/6","title":"CI",)"
        R"("verified":true,"created_at":"1970-01-01T00:00:00Z","read_only":false})");
}

TEST_CASE("check_run_event: the app is the account that reported the run") {
  const World world;
  core::CheckRun run;
  run.id = {8};
  run.creator.login = "ci[bot]";
  run.status = core::CheckStatus::completed;
  run.conclusion = core::CheckConclusion::skipped;
  const Json json = parsed(check_run_event(world.context(), "completed", run));
  CHECK(json.string_at("action") == "completed");
  CHECK(json.string_at("check_run", "app", "name") == "ci[bot]");
  CHECK(json.string_at("check_run", "app", "html_url") == "http://h/ci%5Bbot%5D");
  CHECK(json.string_at("check_run", "conclusion") == "skipped");
  CHECK(json.string_at("check_run", "check_suite", "conclusion") == "neutral");
  CHECK(json.string_at("check_run", "check_suite", "app", "name") == "ci[bot]");
}

TEST_CASE("push_event: the head commit, and which commits are new") {
  const World world;
  core::Push push{"refs/heads/topic", std::string(40, 'a'), std::string(40, 'b')};
  CHECK(parsed(push_event(world.context(), push)).find("head_commit")->is_null());
  for (const char letter : {'c', 'b'}) {
    core::PushedCommit pushed;
    pushed.commit.sha = std::string(40, letter);
    pushed.added = {"a \"b\"", "\xff"};
    pushed.is_distinct = letter == 'b';
    push.commits.push_back(pushed);
  }
  push.head = push.commits.back();
  const Json json = parsed(push_event(world.context(), push));
  CHECK(json.string_at("compare") == "http://h/demo/shop/compare/aaaaaaaaaaaa...bbbbbbbbbbbb");
  CHECK(json.string_at("head_commit", "id") == push.after_sha);
  const auto commits = json.find("commits")->elements();
  REQUIRE(commits.size() == 2);
  CHECK(commits[0].find("distinct")->boolean() == false);
  CHECK(commits[1].find("distinct")->boolean() == true);
  CHECK(commits[1].find("added")->elements().at(0).string() == "a \"b\"");
  CHECK(json.string_at("pusher", "name") == "ada");
  CHECK(json.string_at("pusher", "email") == "2+ada@users.noreply.esclusa.invalid");
}

TEST_CASE("push_event: `created`, `forced` and `deleted` show what happened to the ref") {
  const World world;
  const std::string zeros(core::zero_sha), sha(40, 'a');
  const auto marks = [&](const core::Push& push) {
    const Json json = parsed(push_event(world.context(), push));
    std::string text;
    for (const char* name : {"created", "deleted", "forced"}) {
      if (json.find(name)->boolean().value()) text += std::string(name) + " ";
    }
    return text + json.string_at("compare").value();
  };
  CHECK(marks({"refs/heads/a/b", zeros, sha}) == "created http://h/demo/shop/compare/a/b");
  CHECK(marks({"refs/tags/v1#", zeros, sha}) == "created http://h/demo/shop/compare/v1%23");
  CHECK(marks({"refs/heads/a", sha, zeros}) ==
        "deleted http://h/demo/shop/compare/aaaaaaaaaaaa...000000000000");
  core::Push forced{"refs/heads/a", sha, std::string(40, 'b')};
  forced.is_forced = true;
  CHECK(marks(forced) == "forced http://h/demo/shop/compare/aaaaaaaaaaaa...bbbbbbbbbbbb");
}

TEST_CASE("meta_event: no organization, and no links to the deleted hook") {
  const World world;
  const std::string text = meta_event(world.hook_context(world.in_repository), world.hook);
  const Json json = parsed(text);
  CHECK(keys(json) == Names{"action", "hook_id", "hook", "repository", "sender"});
  const Json hook = json.find("hook").value();
  CHECK(keys(hook) ==
        Names{"type", "id", "name", "active", "events", "config", "updated_at", "created_at"});
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("every event: a bot's brackets are encoded in links") {
  World world;
  world.sender.login = "deploy[bot]";
  world.sender.kind = core::AccountKind::bot;
  const Json json = parsed(deployment_event(world.context(), world.deployment));
  CHECK(json.string_at("sender", "login") == "deploy[bot]");
  CHECK(json.string_at("sender", "type") == "Bot");
  CHECK(json.string_at("sender", "html_url") == "http://h/deploy%5Bbot%5D");
  CHECK(json.string_at("sender", "url") == "http://h/users/deploy%5Bbot%5D");
}

TEST_CASE("every event: has `organization` only if one owns the repository") {
  World world;
  Json json = parsed(deployment_event(world.context(), world.deployment));
  CHECK(json.string_at("organization", "login") == "demo");
  CHECK(json.string_at("repository", "owner", "type") == "Organization");
  world.repository.owner.kind = core::AccountKind::user;
  json = parsed(deployment_event(world.context(), world.deployment));
  CHECK_FALSE(json.find("organization"));
  CHECK(json.string_at("repository", "owner", "type") == "User");
}

TEST_CASE("every event: the repository has the members of the schema, and no permissions") {
  const World world;
  const Json event = parsed(deployment_event(world.context(), world.deployment));
  const Json json = event.find("repository").value();
  CHECK(json.string_at("full_name") == "demo/shop");
  CHECK(json.string_at("visibility") == "private");
  CHECK(json.find("private")->boolean() == true);
  CHECK(json.string_at("default_branch") == "main");
  CHECK(json.find("custom_properties")->is_object());
  CHECK(json.find("topics")->is_array());
  for (auto name : {"is_template", "web_commit_signoff_required"}) {
    CHECK(json.find(name)->boolean() == false);
  }
  for (auto name : {"permissions", "has_pull_requests", "pull_request_creation_policy",
                    "network_count", "subscribers_count"}) {
    CAPTURE(name);
    CHECK_FALSE(json.find(name));
  }
}

TEST_CASE("every event: a user has the schema's 18 members and no other") {
  const World world;
  const Json event = parsed(deployment_event(world.context(), world.deployment));
  const Json sender = event.find("sender").value();
  CHECK(keys(sender).size() == 18);
  CHECK_FALSE(sender.find("user_view_type"));
  CHECK(sender.string_at("type") == "User");
  CHECK(sender.string_at("gravatar_id") == "");
}
