#include "app/hooks.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/app_fixture.h"
#include "wire/json.h"

using namespace esclusa;
using test::at;
using test::must;

namespace {

struct HookFixture : test::AppFixture {
  HookFixture() {
    access = add_bare("application");
    other = add_bare("other");
    audits = row_count("audit");
  }
  /// Audit rows since the set-up.
  int64_t audit_count() { return row_count("audit") - audits; }

  app::RepositoryAccess access, other;
  int64_t audits = 0;
};

core::HookInput hook_input(const std::string& url, std::vector<std::string> events = {"deployment"},
                           std::optional<std::string> secret = "secret") {
  core::HookInput input;
  input.config = core::HookConfig{.url = url,
                                  .content_type = core::HookContentType::json,
                                  .secret = std::move(secret),
                                  .insecure_ssl = false};
  input.events = std::move(events);
  return input;
}

}  // namespace

TEST_CASE("create_hook: is stored, pinged and audited") {
  HookFixture app;
  app.now = at(3);
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example/h")));
  const auto read = must(app::get_hook(app.context, app.access, made.id));
  CHECK(read.url == "https://a.example/h");
  CHECK(read.content_type == core::HookContentType::json);
  CHECK(read.secret.reveal() == "secret");
  CHECK(read.events == std::vector<std::string>{"deployment"});
  CHECK(read.active);
  CHECK(read.created_at == at(3));
  CHECK(app.audit_count() == 1);
  CHECK(app.wake_count == 1);
  CHECK(app.row_count("event where kind = 'ping' and event_no = 0") == 1);
  CHECK(app.row_count("delivery where order_environment_id = 0 and hook_id = " +
                      std::to_string(made.id.value)) == 1);
  const std::string text = app.texts("select body from event_body");
  CHECK(text.find("\"secret\":\"secret\"") == text.npos);
  auto body = must(wire::Json::parse(text));
  CHECK(body.integer_at("hook_id") == made.id.value);
  CHECK(body.string_at("sender", "login") == "ada");
}

TEST_CASE("create_hook: refuses unknown events and none at all, and stores nothing") {
  HookFixture app;
  for (const auto& events : {std::vector<std::string>{"nonsense"}, std::vector<std::string>{}}) {
    auto refused =
        app::create_hook(app.context, app.access, hook_input("https://a.example", events));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
  }
  CHECK(app.row_count("hook") == 0);
  CHECK(app.row_count("event") == 0);
  CHECK(app.audit_count() == 0);
  CHECK(app.wake_count == 0);
}

TEST_CASE(
    "create_hook: a duplicate is refused; a deleted one and other repositories do not count") {
  HookFixture app;
  const auto input = hook_input("https://a.example", {"deployment", "push"});
  const auto first = must(app::create_hook(app.context, app.access, input));
  auto refused = app::create_hook(app.context, app.access, input);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().reason_code == "hook_exists");
  CHECK(refused.error().fields.at(0).message == "Hook already exists on this repository");
  CHECK(app.row_count("hook") == 1);
  CHECK(app::create_hook(app.context, app.other, input).has_value());
  CHECK(app::create_hook(app.context, app.access, hook_input("https://b.example")).has_value());
  must(app::delete_hook(app.context, app.access, first.id));
  CHECK(app::create_hook(app.context, app.access, input).has_value());
}

TEST_CASE("create_hook: an event has at most so many hooks in a repository") {
  HookFixture app;
  auto create = [&](size_t number, const std::string& event) {
    return app::create_hook(app.context, app.access,
                            hook_input("https://a.example/" + std::to_string(number), {event}));
  };
  for (size_t i = 0; i < limits::hooks_per_event; ++i) must(create(i, "deployment"));
  auto refused = create(99, "deployment");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason_code == "too_many_hooks");
  CHECK(create(99, "push").has_value());
}

TEST_CASE("update_hook: changes it, without a ping, and audits") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  app.now = at(8);
  core::HookInput changes;
  changes.add_events = {"push"};
  changes.active = false;
  const auto changed = must(app::update_hook(app.context, app.access, made.id, changes));
  CHECK(changed.events == std::vector<std::string>{"deployment", "push"});
  const auto read = must(app::get_hook(app.context, app.access, made.id));
  CHECK(read.events == changed.events);
  CHECK_FALSE(read.active);
  CHECK(read.url == "https://a.example");
  CHECK(read.secret.reveal() == "secret");
  CHECK(read.created_at == at(0));
  CHECK(read.updated_at == at(8));
  CHECK(app.row_count("event") == 1);
  CHECK(app.audit_count() == 2);
}

TEST_CASE("update_hook: a configuration without a secret drops the one that was there") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  core::HookInput changes;
  changes.config = core::HookConfig{.url = "https://b.example", .secret = std::nullopt};
  must(app::update_hook(app.context, app.access, made.id, changes));
  const auto read = must(app::get_hook(app.context, app.access, made.id));
  CHECK(read.url == "https://b.example");
  CHECK(read.secret.empty());
  CHECK(read.events == std::vector<std::string>{"deployment"});
}

TEST_CASE("update_hook: may stay as it is, but not become another's duplicate") {
  HookFixture app;
  const auto one = must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::create_hook(app.context, app.access, hook_input("https://b.example")));
  CHECK(app::update_hook(app.context, app.access, one.id, hook_input("https://a.example"))
            .has_value());
  auto refused = app::update_hook(app.context, app.access, one.id, hook_input("https://b.example"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason_code == "hook_exists");
  CHECK(must(app::get_hook(app.context, app.access, one.id)).url == "https://a.example");
}

TEST_CASE("update_hook_config: merges keys, and a new address loses the secret") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  core::HookConfigChanges changes;
  changes.content_type = core::HookContentType::form;
  auto read = [&] { return must(app::get_hook(app.context, app.access, made.id)); };
  must(app::update_hook_config(app.context, app.access, made.id, changes));
  CHECK(read().content_type == core::HookContentType::form);
  CHECK(read().url == "https://a.example");
  CHECK(read().secret.reveal() == "secret");
  changes.url = "https://b.example";
  must(app::update_hook_config(app.context, app.access, made.id, changes));
  CHECK(read().url == "https://b.example");
  CHECK(read().secret.empty());
  CHECK(read().events == std::vector<std::string>{"deployment"});
  CHECK(app.row_count("event") == 1);  // the ping of the creation
  CHECK(app.audit_count() == 3);
}

TEST_CASE("update_hook_config: may not make a duplicate") {
  HookFixture app;
  const auto one = must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::create_hook(app.context, app.access, hook_input("https://b.example")));
  core::HookConfigChanges changes;
  changes.url = "https://b.example";
  changes.secret = "secret";
  auto refused = app::update_hook_config(app.context, app.access, one.id, changes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "hook_exists");
  CHECK(must(app::get_hook(app.context, app.access, one.id)).url == "https://a.example");
}

TEST_CASE("delete_hook: hides it, and cancels what waits") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::delete_hook(app.context, app.access, made.id));
  CHECK(app::get_hook(app.context, app.access, made.id).error().code == ErrorCode::not_found);
  CHECK(must(app::list_hooks(app.context, app.access)).empty());
  CHECK(app.row_count("delivery where state = 'cancelled'") == 1);
  CHECK(app::delete_hook(app.context, app.access, made.id).error().code == ErrorCode::not_found);
  CHECK(app.audit_count() == 2);
}

TEST_CASE("ping_hook: one more ping, for that hook alone") {
  HookFixture app;
  const auto one = must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::create_hook(app.context, app.access, hook_input("https://b.example", {"*"})));
  app.wake_count = 0;
  must(app::ping_hook(app.context, app.access, one.id));
  CHECK(app.row_count("delivery where hook_id = " + std::to_string(one.id.value)) == 2);
  CHECK(app.row_count("delivery") == 3);
  CHECK(app.wake_count == 1);
  CHECK(app.audit_count() == 3);
}

TEST_CASE("hooks: not through another repository") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  app.wake_count = 0;
  const auto audits = app.audit_count();
  auto code = [](const auto& result) { return result.error().code; };
  CHECK(code(app::get_hook(app.context, app.other, made.id)) == ErrorCode::not_found);
  CHECK(code(app::update_hook(app.context, app.other, made.id, {})) == ErrorCode::not_found);
  CHECK(code(app::ping_hook(app.context, app.other, made.id)) == ErrorCode::not_found);
  CHECK(code(app::delete_hook(app.context, app.other, made.id)) == ErrorCode::not_found);
  CHECK(must(app::list_hooks(app.context, app.other)).empty());
  CHECK(app.audit_count() == audits);
  CHECK(app.wake_count == 0);
}

TEST_CASE(
    "delete_hook: a hook of meta events gets one last delivery, and nothing else that waits") {
  HookFixture app;
  const auto hook = must(app::create_hook(
      app.context, app.access, hook_input("https://a.example/h", {"deployment", "meta"})));
  const auto other =
      must(app::create_hook(app.context, app.access, hook_input("https://b.example/h", {"*"})));
  const int wakes = app.wake_count;
  REQUIRE(app::delete_hook(app.context, app.access, hook.id));
  CHECK(app.wake_count == wakes + 1);
  const std::string of_hook = " where hook_id = " + std::to_string(hook.id.value);
  CHECK(app.texts("select state from delivery" + of_hook + " order by id") ==
        "cancelled\npending\n");
  // It concerns that hook alone.
  CHECK(app.row_count("delivery d join event e on e.id = d.event_id where e.kind = 'meta'") == 1);
  const auto body = must(wire::Json::parse(app.texts(
      "select b.body from event_body b join event e on e.id = b.event_id where e.kind = 'meta'")));
  CHECK(body.string_at("action") == "deleted");
  CHECK(body.integer_at("hook_id") == hook.id.value);
  CHECK(body.string_at("hook", "config", "secret") == "********");
  CHECK(app.row_count("delivery where state = 'pending' and hook_id = " +
                      std::to_string(other.id.value)) == 1);
}

TEST_CASE("delete_hook: a hook that did not ask for meta events, or is inactive, goes silently") {
  HookFixture app;
  for (const bool active : {true, false}) {
    auto input = hook_input("https://a.example/h", {active ? "deployment" : "meta"});
    input.active = active;
    const auto hook = must(app::create_hook(app.context, app.access, input));
    REQUIRE(app::delete_hook(app.context, app.access, hook.id));
  }
  CHECK(app.row_count("event where kind = 'meta'") == 0);
}
