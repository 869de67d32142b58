#include "core/hook.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

const HookTarget in_repository = RepositoryId{1};
const HookTarget in_organization = AccountId{1};

Hook some_hook(Names events = {"deployment", "deployment_status"}) {
  Hook hook;
  hook.id = {1};
  hook.url = "https://example.org/hook";
  hook.content_type = HookContentType::json;
  hook.secret = Secret("s3cret");
  hook.events = std::move(events);
  return hook;
}

HookInput events_input(std::optional<Names> events, Names add = {}, Names remove = {}) {
  HookInput input;
  input.events = std::move(events);
  input.add_events = std::move(add);
  input.remove_events = std::move(remove);
  return input;
}

}  // namespace

TEST_CASE("wants_event: the listed events, or all by a star") {
  CHECK(wants_event(some_hook(), "deployment"));
  CHECK_FALSE(wants_event(some_hook(), "push"));
  CHECK_FALSE(wants_event(some_hook(), "deploy"));
  CHECK(wants_event(some_hook({"*"}), "push"));
}

TEST_CASE("wants_event: a star does not include events that only apps get on GitHub") {
  CHECK(check_hook_events({"deployment_review"}, in_repository));
  CHECK(check_hook_events({"deployment_review"}, in_organization));
  CHECK(wants_event(some_hook({"deployment_review"}), "deployment_review"));
  CHECK_FALSE(wants_event(some_hook({"*"}), "deployment_review"));
  Hook both = some_hook();
  REQUIRE(apply_hook_input(both, events_input({}, {"*", "deployment_review"})));
  CHECK(both.events == Names{"*", "deployment_review"});
  CHECK(wants_event(both, "push"));
  CHECK(wants_event(both, "deployment_review"));
  CHECK_FALSE(is_duplicate(some_hook({"*"}), some_hook({"deployment_review"})));
  CHECK_FALSE(is_duplicate(some_hook({"deployment_review"}), some_hook({"*"})));
  CHECK(is_duplicate(both, some_hook({"deployment_review"})));
}

TEST_CASE("check_hook_events: the events that a repository hook may name on GitHub") {
  CHECK(check_hook_events({}, in_repository));
  CHECK(check_hook_events({"*"}, in_repository));
  CHECK(check_hook_events({"push", "deployment", "deployment_status", "status", "deploy_key",
                           "ping", "workflow_run", "pull_request"},
                          in_repository));
}

TEST_CASE("check_hook_events: an organization's hook may also name the organization's events") {
  const Names events = {"deployment", "organization", "team", "membership", "org_block"};
  CHECK(check_hook_events(events, in_organization));
  auto refused = check_hook_events(events, in_repository);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fields.at(0).message ==
        "These events are not allowed for this hook: organization, team, membership, org_block");
  CHECK_FALSE(check_hook_events({"deployment_protection_rule"}, in_organization));
}

TEST_CASE("check_hook_events: unknown and App-only events are refused by name") {
  auto refused = check_hook_events(
      {"push", "deployment_protection_rule", "workflow_dispatch", "Push"}, in_repository);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  REQUIRE(refused.error().fields.size() == 1);
  CHECK(refused.error().fields[0].resource == "Hook");
  CHECK(refused.error().fields[0].message ==
        "These events are not allowed for this hook: deployment_protection_rule, "
        "workflow_dispatch, Push");
}

TEST_CASE("apply_hook_input: events are replaced, added and removed, and are sorted") {
  struct Row {
    const char* what;
    HookInput input;
    Names expected;
  };
  const Row rows[] = {
      {"nothing", events_input({}), {"deployment", "deployment_status"}},
      {"replace", events_input({{"push"}}), {"push"}},
      {"add", events_input({}, {"push"}), {"deployment", "deployment_status", "push"}},
      {"add what is there", events_input({}, {"deployment"}), {"deployment", "deployment_status"}},
      {"remove", events_input({}, {}, {"deployment"}), {"deployment_status"}},
      {"remove what is not there",
       events_input({}, {}, {"push"}),
       {"deployment", "deployment_status"}},
      {"replace and add", events_input({{"push"}}, {"status"}), {"push", "status"}},
      {"a star replaces all", events_input({}, {"*"}), {"*"}},
      {"duplicates fold", events_input({{"push", "push"}}), {"push"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Hook hook = some_hook();
    REQUIRE(apply_hook_input(hook, row.input));
    CHECK(hook.events == row.expected);
    CHECK(hook.secret.reveal() == "s3cret");
    CHECK(hook.active);
  }
}

TEST_CASE("apply_hook_input: a hook needs an event") {
  Hook hook = some_hook();
  CHECK_FALSE(apply_hook_input(hook, events_input({}, {}, {"deployment", "deployment_status"})));
  hook = some_hook();
  CHECK_FALSE(apply_hook_input(hook, events_input(Names{})));
}

TEST_CASE("apply_hook_input: added events are checked like others") {
  Hook hook = some_hook();
  CHECK_FALSE(apply_hook_input(hook, events_input({}, {"deployment_protection_rule"})));
}

TEST_CASE("apply_hook_input: a new config replaces all of it, and drops a secret not sent again") {
  Hook hook = some_hook();
  hook.insecure_ssl = true;
  HookInput input;
  input.config = HookConfig{};
  input.config->url = "https://other.example.org";
  REQUIRE(apply_hook_input(hook, input));
  CHECK(hook.url == "https://other.example.org");
  CHECK(hook.content_type == HookContentType::form);
  CHECK_FALSE(hook.insecure_ssl);
  CHECK(hook.secret.empty());
  CHECK(hook.events == some_hook().events);

  input.config->secret = "new";
  REQUIRE(apply_hook_input(hook, input));
  CHECK(hook.secret.reveal() == "new");
}

TEST_CASE("apply_hook_input: active changes only when it is given") {
  Hook hook = some_hook();
  HookInput input;
  input.active = false;
  REQUIRE(apply_hook_input(hook, input));
  CHECK_FALSE(hook.active);
  REQUIRE(apply_hook_input(hook, HookInput{}));
  CHECK_FALSE(hook.active);
}

TEST_CASE("apply_hook_input: the length of a secret is limited") {
  Hook hook = some_hook();
  HookInput input;
  input.config = HookConfig{};
  input.config->secret = std::string(limits::hook_secret_bytes, 's');
  CHECK(apply_hook_input(hook, input));
  input.config->secret->push_back('s');
  auto refused = apply_hook_input(hook, input);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("sss") == std::string::npos);
  CHECK(refused.error().fields[0].message.find("sss") == std::string::npos);
}

TEST_CASE("apply_hook_input: retry and when_superseded change only when they are given") {
  Hook hook = some_hook();
  HookInput input;
  input.retry = HookRetry::none;
  input.when_superseded = WhenSuperseded::skip;
  for (const HookInput& each : {input, HookInput{}}) {
    REQUIRE(apply_hook_input(hook, each));
    CHECK(hook.retry == HookRetry::none);
    CHECK(hook.when_superseded == WhenSuperseded::skip);
  }
}

TEST_CASE("rotate_secret: only one former secret is kept, for its time") {
  const Timestamp now = from_micros(1'000'000'000);
  Hook hook = some_hook();
  REQUIRE(rotate_secret(hook, {"second", 1h}, now));
  CHECK(hook.secret.reveal() == "second");
  REQUIRE(hook.former_secret);
  CHECK(hook.former_secret->secret.reveal() == "s3cret");
  CHECK(hook.former_secret->until == now + 1h);
  // A repeated request, as after a lost answer.
  REQUIRE(rotate_secret(hook, {"second", 2h}, now + 5s));
  REQUIRE(hook.former_secret);
  CHECK(hook.former_secret->secret.reveal() == "s3cret");
  CHECK(hook.former_secret->until == now + 1h);

  REQUIRE(rotate_secret(hook, {.secret = "third"}, now));
  CHECK(hook.former_secret->secret.reveal() == "second");
  CHECK(hook.former_secret->until == now + 24h);
  REQUIRE(rotate_secret(hook, {"fourth", 0s}, now));
  CHECK(hook.secret.reveal() == "fourth");
  CHECK_FALSE(hook.former_secret);
}

TEST_CASE("rotate_secret: a hook without a readable secret gets no former secret") {
  Hook hook = some_hook();
  hook.secret = Secret();
  hook.has_unreadable_secret = true;
  REQUIRE(rotate_secret(hook, {"first", 1h}, from_micros(0)));
  CHECK(hook.secret.reveal() == "first");
  CHECK_FALSE(hook.has_unreadable_secret);
  CHECK_FALSE(hook.former_secret);
}

TEST_CASE("rotate_secret: refuses an empty secret, a long one, and more than seven days") {
  struct Row {
    SecretRotation rotation;
    const char* reason;
  };
  for (const Row& row : {Row{{"", 1h}, "missing_field"},
                         Row{{std::string(limits::hook_secret_bytes + 1, 's'), 1h}, "too_long"},
                         Row{{"new", 7 * 24h + 1s}, "invalid_former_valid_for"},
                         Row{{"new", -1s}, "invalid_former_valid_for"}}) {
    Hook hook = some_hook();
    auto refused = rotate_secret(hook, row.rotation, from_micros(0));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == row.reason);
  }
  Hook hook = some_hook();
  CHECK(rotate_secret(hook, {"new", 7 * 24h}, from_micros(0)));
}

TEST_CASE("is_duplicate: the same place and at least one event in common") {
  const Hook hook = some_hook();
  CHECK(is_duplicate(hook, hook));
  CHECK(is_duplicate(hook, some_hook({"deployment"})));
  CHECK(is_duplicate(hook, some_hook({"*"})));
  CHECK(is_duplicate(some_hook({"*"}), hook));
  CHECK_FALSE(is_duplicate(hook, some_hook({"push"})));
  struct Row {
    const char* what;
    void (*change)(Hook&);
  };
  const Row rows[] = {
      {"url", [](Hook& h) { h.url += "/2"; }},
      {"content type", [](Hook& h) { h.content_type = HookContentType::form; }},
      {"TLS", [](Hook& h) { h.insecure_ssl = true; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Hook other = hook;
    row.change(other);
    CHECK_FALSE(is_duplicate(hook, other));
    CHECK_FALSE(is_duplicate(other, hook));
  }
  // Otherwise a refusal would confirm a guess.
  Hook other = hook;
  other.credentials = Secret("ada:secret");
  CHECK(is_duplicate(hook, other));
  other.secret = Secret("other");
  CHECK(is_duplicate(hook, other));
  Hook paused = hook;
  paused.active = false;
  CHECK(is_duplicate(hook, paused));
}

TEST_CASE("retry_pause: the schedule of Standard Webhooks, over three days in all") {
  const std::chrono::seconds schedule[] = {0s, 5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
  REQUIRE(std::size(schedule) == delivery_attempts_max);
  for (int attempts = 0; attempts < delivery_attempts_max; ++attempts) {
    CAPTURE(attempts);
    const std::chrono::duration<double> pause = schedule[attempts];
    auto middle = retry_pause(attempts, 0.5);
    auto least = retry_pause(attempts, 0.0);
    auto most = retry_pause(attempts, 0.999'999);
    REQUIRE(middle);
    REQUIRE(least);
    REQUIRE(most);
    CHECK(std::chrono::duration<double>(*middle).count() == doctest::Approx(pause.count()));
    CHECK(std::chrono::duration<double>(*least).count() == doctest::Approx(pause.count() * 0.9));
    CHECK(std::chrono::duration<double>(*most).count() == doctest::Approx(pause.count() * 1.1));
    CHECK(*most <= pause * 1.1);
  }
}

TEST_CASE("retry_pause: nothing once the schedule is used up") {
  CHECK_FALSE(retry_pause(delivery_attempts_max, 0.5));
  CHECK_FALSE(retry_pause(delivery_attempts_max + 5, 0.5));
}

TEST_CASE("apply_config_changes: absent fields stay unchanged") {
  Hook hook = some_hook();
  REQUIRE(apply_config_changes(hook, {}));
  CHECK(hook.url == "https://example.org/hook");
  CHECK(hook.secret.reveal() == "s3cret");
  HookConfigChanges changes;
  changes.content_type = HookContentType::form;
  changes.insecure_ssl = true;
  REQUIRE(apply_config_changes(hook, changes));
  CHECK(hook.content_type == HookContentType::form);
  CHECK(hook.insecure_ssl);
  CHECK(hook.url == "https://example.org/hook");
  CHECK(hook.secret.reveal() == "s3cret");
}

TEST_CASE("apply_config_changes: a new URL drops the secret, unless one is sent with it") {
  HookConfigChanges changes;
  changes.url = "https://example.org/hook";
  Hook hook = some_hook();
  REQUIRE(apply_config_changes(hook, changes));
  CHECK(hook.secret.reveal() == "s3cret");  // the URL is the same
  changes.url = "https://elsewhere.example";
  changes.secret = "other";
  REQUIRE(apply_config_changes(hook, changes));
  CHECK(hook.url == "https://elsewhere.example");
  CHECK(hook.secret.reveal() == "other");
  changes.url = "https://third.example";
  changes.secret = std::nullopt;
  REQUIRE(apply_config_changes(hook, changes));
  CHECK(hook.secret.empty());
}

TEST_CASE("apply_config_changes: an empty secret removes it, and a long one is refused") {
  Hook hook = some_hook();
  HookConfigChanges changes;
  changes.secret = "";
  REQUIRE(apply_config_changes(hook, changes));
  CHECK(hook.secret.empty());
  changes.secret = std::string(limits::hook_secret_bytes + 1, 'x');
  auto refused = apply_config_changes(hook, changes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "too_long");
}

TEST_CASE("check_other_hooks: a hook of all events counts for each event, new or existing") {
  std::vector<Hook> hooks;
  auto add = [&](Names events) {
    Hook hook = some_hook(std::move(events));
    hook.id = {static_cast<int64_t>(hooks.size()) + 1};
    hook.url += std::to_string(hook.id.value);
    hooks.push_back(hook);
  };
  auto problem = [&](Names events) {
    Hook hook = some_hook(std::move(events));
    hook.id = {0};
    auto checked = check_other_hooks(hook, hooks);
    return checked ? "" : checked.error().fields.at(0).message;
  };
  const std::string full = "The \"deployment\" event cannot have more than 20 hooks";
  static_assert(limits::hooks_per_event == 20);
  add({"*"});
  for (int i = 0; i < 18; ++i) add({"deployment", "status"});
  CHECK(problem({"deployment"}) == "");
  CHECK(problem({"*"}) == "");
  add({"deployment"});
  CHECK(problem({"deployment", "push"}) == full);
  CHECK(problem({"*"}) == full);
  CHECK(problem({"status"}) == "");
  CHECK(problem({"push"}) == "");
  for (int i = 0; i < 19; ++i) add({"*"});
  CHECK(problem({"push"}) == "The \"push\" event cannot have more than 20 hooks");
}

TEST_CASE("check_other_hooks: the refusal names the hook's target") {
  for (const auto& [target, name] :
       {std::pair{in_repository, "repository"}, std::pair{in_organization, "organization"}}) {
    Hook hook = some_hook(), other = some_hook();
    hook.target = other.target = target;
    hook.id = {2};
    auto refused = check_other_hooks(hook, {other});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fields.at(0).message ==
          std::string("Hook already exists on this ") + name);
  }
}

TEST_CASE("check_other_hooks: a hook may keep its events, even above the limit") {
  std::vector<Hook> hooks;
  for (int64_t id = 1; id <= 25; ++id) {  // above the limit
    Hook hook = some_hook({"deployment"});
    hook.id = {id};
    hook.url += std::to_string(id);
    hooks.push_back(hook);
  }
  Hook changed = hooks[3];
  changed.active = false;
  CHECK(check_other_hooks(changed, hooks));
  changed.events = {"deployment", "push"};
  CHECK(check_other_hooks(changed, hooks));
  changed.events = {"*"};
  CHECK(check_other_hooks(changed, hooks));
  changed.url = hooks[4].url;
  CHECK_FALSE(check_other_hooks(changed, hooks));
}

TEST_CASE("check_other_hooks: a hook that already was a duplicate may be changed") {
  Hook one = some_hook(), other = some_hook();
  other.id = {2};
  one.active = false;
  CHECK(check_other_hooks(one, {some_hook(), other}));
  one.id = {3};
  CHECK_FALSE(check_other_hooks(one, {some_hook(), other}));
}

TEST_CASE("after_failure: the fifth failure opens the breaker, and probes become rarer") {
  using namespace std::chrono_literals;
  const Timestamp start = from_micros(1'000'000);
  HookHealth health;
  for (int count = 1; count <= 4; ++count) {
    health = after_failure(health, start + count * 1s);
    CHECK(health.failure_count == count);
    CHECK(health.failing_since == start + 1s);
    CHECK_FALSE(health.probe_at.has_value());
  }
  health = after_failure(health, start + 5s);
  CHECK(health.probe_at == start + 5s + 30s);
  CHECK(after_failure(health, start + 1s + 20min).probe_at == start + 1s + 22min);
  CHECK(after_failure(health, start + 20h).probe_at == start + 20h + 5min);
  CHECK(after_failure(health, start + 20h, 0.5).probe_at == start + 20h + 150s);
}

TEST_CASE("is_given_up: after five days with nothing but failures") {
  using namespace std::chrono_literals;
  const Timestamp start = from_micros(1'000'000);
  CHECK_FALSE(is_given_up({}, start + 1000h));
  HookHealth failing;
  for (int i = 0; i < 19; ++i) failing = after_failure(failing, start);
  CHECK_FALSE(is_given_up(failing, start + 1000h));  // a clock that jumped
  failing = after_failure(failing, start);
  CHECK_FALSE(is_given_up(failing, start + 120h - 1s));
  CHECK(is_given_up(failing, start + 120h));
}
