#include "app/hooks.h"

#include <doctest/doctest.h>

#include "app/blocking.h"
#include "base/json.h"
#include "base/limits.h"
#include "core/operations/hooks.h"
#include "store/hook_health.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::at;
using test::must;

namespace {

struct HookFixture : test::AppFixture {
  /// The number of audit rows since the set-up.
  size_t audit_count() { return audits().size() - audits_before; }

  Result<core::Hook> get(const app::HookScope& scope, HookId id) {
    return read([&](store::Reader& db) { return app::get_hook(context, db, scope, id); });
  }
  Result<std::vector<core::Hook>> list(const app::HookScope& scope) {
    return read([&](store::Reader& db) { return app::list_hooks(context, db, scope); });
  }

  app::RepositoryAccess access = add_bare("application");
  app::RepositoryAccess other = add_bare("other");
  size_t audits_before = audits().size();
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
  const auto read = must(app.get(app.access, made.id));
  CHECK(read.url == "https://a.example/h");
  CHECK(read.content_type == core::HookContentType::json);
  CHECK(read.secret.reveal() == "secret");
  CHECK(read.events == std::vector<std::string>{"deployment"});
  CHECK(read.active);
  CHECK(read.created_at == at(3));
  CHECK(app.audit_count() == 1);
  CHECK(app.told.events);
  REQUIRE(app.events("ping").size() == 1);
  CHECK(app.events("ping")[0].event.event_no == 0);
  const auto pings = with(app.deliveries(), &test::StoredDelivery::hook, made.id);
  REQUIRE(pings.size() == 1);
  CHECK(pings[0].order_environment == 0);
  const std::string text = lines_of(app.events(), &test::StoredEvent::body);
  CHECK(text.find("\"secret\":\"secret\"") == text.npos);
  auto body = must(Json::parse(text));
  CHECK(body.integer_at("hook_id") == made.id.value);
  CHECK(body.string_at("sender", "login") == "ada");
}

TEST_CASE("create_hook: refuses unknown events and an empty list, and stores nothing") {
  HookFixture app;
  for (const auto& events : {std::vector<std::string>{"nonsense"}, std::vector<std::string>{}}) {
    auto refused =
        app::create_hook(app.context, app.access, hook_input("https://a.example", events));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
  }
  CHECK(app.row_count("hook") == 0);
  CHECK(app.events().size() == 0);
  CHECK(app.audit_count() == 0);
  CHECK_FALSE(app.told.any());
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

TEST_CASE("create_hook: limits the number of hooks per event in a repository") {
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

TEST_CASE("update_hook: changes the hook, without a ping, and is audited") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  app.now = at(8);
  core::HookInput changes;
  changes.add_events = {"push"};
  changes.active = false;
  const auto changed = must(app::update_hook(app.context, app.access, made.id, changes));
  CHECK(changed.events == std::vector<std::string>{"deployment", "push"});
  const auto read = must(app.get(app.access, made.id));
  CHECK(read.events == changed.events);
  CHECK_FALSE(read.active);
  CHECK(read.url == "https://a.example");
  CHECK(read.secret.reveal() == "secret");
  CHECK(read.created_at == at(0));
  CHECK(read.updated_at == at(8));
  CHECK(app.events().size() == 1);
  CHECK(app.audit_count() == 2);
}

TEST_CASE("update_hook: a configuration without a secret drops the one that was there") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  core::HookInput changes;
  changes.config = core::HookConfig{.url = "https://b.example", .secret = std::nullopt};
  must(app::update_hook(app.context, app.access, made.id, changes));
  const auto read = must(app.get(app.access, made.id));
  CHECK(read.url == "https://b.example");
  CHECK(read.secret.empty());
  CHECK(read.events == std::vector<std::string>{"deployment"});
}

TEST_CASE("update_hook: may keep its configuration, but not become a duplicate of another") {
  HookFixture app;
  const auto one = must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::create_hook(app.context, app.access, hook_input("https://b.example")));
  CHECK(app::update_hook(app.context, app.access, one.id, hook_input("https://a.example"))
            .has_value());
  auto refused = app::update_hook(app.context, app.access, one.id, hook_input("https://b.example"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason_code == "hook_exists");
  CHECK(must(app.get(app.access, one.id)).url == "https://a.example");
}

TEST_CASE("update_hook_config: merges keys, and a new URL removes the secret") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  core::HookConfigChanges changes;
  changes.content_type = core::HookContentType::form;
  auto read = [&] { return must(app.get(app.access, made.id)); };
  must(app::update_hook_config(app.context, app.access, made.id, changes));
  CHECK(read().content_type == core::HookContentType::form);
  CHECK(read().url == "https://a.example");
  CHECK(read().secret.reveal() == "secret");
  changes.url = "https://b.example";
  must(app::update_hook_config(app.context, app.access, made.id, changes));
  CHECK(read().url == "https://b.example");
  CHECK(read().secret.empty());
  CHECK(read().events == std::vector<std::string>{"deployment"});
  CHECK(app.events().size() == 1);  // the ping of the creation
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
  CHECK(must(app.get(app.access, one.id)).url == "https://a.example");
}

TEST_CASE("delete_hook: hides the hook, and cancels its pending deliveries") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::delete_hook(app.context, app.access, made.id));
  CHECK(app.get(app.access, made.id).error().code == ErrorCode::not_found);
  CHECK(must(app.list(app.access)).empty());
  CHECK(app.deliveries(core::DeliveryState::cancelled).size() == 1);
  CHECK(app::delete_hook(app.context, app.access, made.id).error().code == ErrorCode::not_found);
  CHECK(app.audit_count() == 2);
}

TEST_CASE("ping_hook: one more ping, for that hook alone") {
  HookFixture app;
  const auto one = must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  must(app::create_hook(app.context, app.access, hook_input("https://b.example", {"*"})));
  app.told = {};
  must(app::ping_hook(app.context, app.access, one.id));
  CHECK(with(app.deliveries(), &test::StoredDelivery::hook, one.id).size() == 2);
  CHECK(app.deliveries().size() == 3);
  CHECK(app.told.events);
  CHECK(app.audit_count() == 3);
}

TEST_CASE("hooks: not found through another repository") {
  HookFixture app;
  const auto made =
      must(app::create_hook(app.context, app.access, hook_input("https://a.example")));
  app.told = {};
  const auto audits = app.audit_count();
  auto code = [](const auto& result) { return result.error().code; };
  CHECK(code(app.get(app.other, made.id)) == ErrorCode::not_found);
  CHECK(code(app::update_hook(app.context, app.other, made.id, {})) == ErrorCode::not_found);
  CHECK(code(app::ping_hook(app.context, app.other, made.id)) == ErrorCode::not_found);
  CHECK(code(app::delete_hook(app.context, app.other, made.id)) == ErrorCode::not_found);
  CHECK(must(app.list(app.other)).empty());
  CHECK(app.audit_count() == audits);
  CHECK_FALSE(app.told.any());
}

namespace {

/// The same fixture with an organization `works`, of which ada is an admin.
struct OrganizationFixture : HookFixture {
  OrganizationFixture() { audits_before = audits().size(); }
  app::OrganizationAccess make_works() {
    must(app::create_account(
        context, administrator,
        {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
    must(app::set_member(context, administrator, "works", "ada", "admin"));
    return open_works(log_in("ada", "admin:org_hook"));
  }
  app::OrganizationAccess open_works(const core::Actor& actor) {
    return must(enter(actor, "Works"));
  }
  Result<app::OrganizationAccess> enter(const core::Actor& actor, const std::string& login) {
    return read([&](store::Reader& db) {
      return app::enter(db, actor, app::OrganizationPlace(login),
                        core::operations::list_organization_hooks);
    });
  }
  core::Hook make(const std::string& url = "https://a.example") {
    return must(app::create_hook(context, works, hook_input(url)));
  }
  /// The number of held deliveries: pending, but not due.
  int64_t held() {
    return std::ranges::count_if(deliveries(), [&](const test::StoredDelivery& delivery) {
      return delivery.state == core::DeliveryState::held || delivery.next_attempt_at > now;
    });
  }
  void hold_everything() {
    must(write(
        [&](store::Writer& tx) { test::hold_all_deliveries(tx, now + std::chrono::hours(20)); }));
    told = {};
  }

  app::OrganizationAccess works = make_works();
};

}  // namespace

TEST_CASE("organization hooks: the same use cases, none of which finds a repository's hook") {
  OrganizationFixture app;
  const auto made = app.make();
  CHECK(made.creator.login == "ada");
  CHECK(must(app.list(app.works)).size() == 1);
  CHECK(must(app.list(app.access)).empty());
  CHECK(app.get(app.access, made.id).error().code == ErrorCode::not_found);
  auto body = must(Json::parse(lines_of(app.events(), &test::StoredEvent::body)));
  CHECK(body.string_at("hook", "type") == "Organization");
  CHECK(body.string_at("organization", "login") == "works");
  CHECK_FALSE(body.find("repository"));
  REQUIRE(app.events().size() == 1);
  CHECK_FALSE(app.events()[0].event.repository_id);
  CHECK(app.events()[0].event.only_hook == made.id);
  REQUIRE(app.audits("hook.create").size() == 1);
  CHECK_FALSE(app.audits("hook.create")[0].repository);
  core::HookInput changes;
  changes.retry = core::HookRetry::none;
  changes.when_superseded = core::WhenSuperseded::skip;
  const auto changed = must(app::update_hook(app.context, app.works, made.id, changes));
  CHECK(changed.retry == core::HookRetry::none);
  CHECK(changed.when_superseded == core::WhenSuperseded::skip);
  auto again = app::create_hook(app.context, app.works, hook_input("https://a.example"));
  REQUIRE_FALSE(again);
  CHECK(again.error().fields.at(0).message == "Hook already exists on this organization");
  must(app::ping_hook(app.context, app.works, made.id));
  must(app::delete_hook(app.context, app.works, made.id));
  CHECK(app.audit_count() == 4);
}

TEST_CASE("update_hook: a hook that becomes active again gets its held deliveries at once") {
  OrganizationFixture app;
  const auto made = app.make();
  core::HookInput changes;
  changes.active = false;
  must(app::update_hook(app.context, app.works, made.id, changes));
  CHECK(app.held() == 1);
  app.hold_everything();
  must(app.write([&](store::Writer& tx) {
    store::disable_hook(tx, made.id, "x", at(1));
    store::set_hook_health(tx, made.id, {.failing_since = at(1)});
  }));
  must(app::update_hook(app.context, app.works, made.id, changes));
  CHECK(app.held() == 1);
  CHECK_FALSE(app.told.any());
  changes.active = true;
  const auto active = must(app::update_hook(app.context, app.works, made.id, changes));
  CHECK(app.held() == 0);
  CHECK(app.told.deliveries);
  CHECK_FALSE(active.health.failing_since);
  CHECK(active.last_response.status == "unused");
  app.hold_everything();
  must(app::update_hook(app.context, app.works, made.id, changes));  // it is already active
  CHECK(app.held() == 1);
}

TEST_CASE("rotate_hook_secret: keeps both secrets, sealed, and is audited") {
  OrganizationFixture app;
  const auto made = app.make();
  const auto rotated = must(
      app::rotate_hook_secret(app.context, app.works, made.id, {"second", std::chrono::hours(2)}));
  CHECK(rotated.secret.reveal() == "second");
  REQUIRE(rotated.former_secret);
  CHECK(rotated.former_secret->secret.reveal() == "secret");
  CHECK(rotated.former_secret->until == app.now + std::chrono::hours(2));
  const auto sealed = must(app.read(test::list_sealed_secrets)).at(0);
  CHECK(sealed.current != "second");
  REQUIRE(sealed.former);
  CHECK(*sealed.former != "secret");
  CHECK(app.audits("hook.rotate_secret").size() == 1);
}

TEST_CASE("adopt_hook: a blocked account's hook receives events again with its new owner") {
  OrganizationFixture app;
  const auto made = app.make();
  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  must(app::set_member(app.context, app.administrator, "works", "bob", "admin"));
  const auto bobs = app.open_works(app.log_in("bob", "admin:org_hook"));
  must(app::block_account(app.context, app.administrator, "ada"));
  CHECK(must(app.get(bobs, made.id)).creator.blocked);
  app.hold_everything();
  const auto adopted = must(app::adopt_hook(app.context, bobs, made.id));
  CHECK(adopted.creator.login == "bob");
  CHECK_FALSE(adopted.creator.blocked);
  CHECK(app.held() == 0);
  CHECK(app.told.deliveries);
  CHECK(app.audits("hook.adopt").size() == 1);
}

TEST_CASE("block_account: takes effect at once; unblocking sends the held deliveries") {
  OrganizationFixture app;
  app.make();
  const auto blocked = must(app::block_account(app.context, app.administrator, "ADA"));
  CHECK(blocked.account.blocked_at == app.now);
  CHECK(blocked.hook_count == 1);
  CHECK(app.held() == 1);
  must(app::block_account(app.context, app.administrator, "ada"));  // already blocked
  CHECK(app.audits("account.block").size() == 1);
  CHECK_THROWS(app.log_in("ada"));
  app.hold_everything();
  const auto unblocked = must(app::unblock_account(app.context, app.administrator, "ada"));
  CHECK_FALSE(unblocked.account.blocked_at);
  CHECK(app.held() == 0);
  CHECK(app.told.deliveries);
  CHECK(app.audits("account.unblock").size() == 1);
  app.log_in("ada");
  CHECK(app::block_account(app.context, app.administrator, "nobody").error().code ==
        ErrorCode::not_found);
  CHECK(app::block_account(app.context, app.administrator, "works").error().reason_code ==
        "not_a_member");
}

TEST_CASE(
    "enter: an organization, for owners and site administrators with the scope, else not found") {
  OrganizationFixture app;
  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  auto code = [&](const std::string& login, const std::string& organization,
                  const std::string& scopes) {
    auto opened = app.enter(app.log_in(login, scopes), organization);
    return opened ? std::optional<ErrorCode>() : opened.error().code;
  };
  CHECK_FALSE(code("ada", "works", "admin:org_hook"));
  CHECK(code("ada", "works", "repo, admin:org") == ErrorCode::not_found);
  CHECK(code("bob", "works", "admin:org_hook") == ErrorCode::not_found);
  CHECK(code("ada", "ada", "admin:org_hook") == ErrorCode::not_found);
  CHECK(code("ada", "absent", "admin:org_hook") == ErrorCode::not_found);
}

TEST_CASE("delete_hook: a hook of meta events gets one last delivery; the others are cancelled") {
  HookFixture app;
  const auto hook = must(app::create_hook(
      app.context, app.access, hook_input("https://a.example/h", {"deployment", "meta"})));
  const auto other =
      must(app::create_hook(app.context, app.access, hook_input("https://b.example/h", {"*"})));
  app.told = {};
  REQUIRE(app::delete_hook(app.context, app.access, hook.id));
  CHECK(app.told.events);
  const auto deliveries = with(app.deliveries(), &test::StoredDelivery::hook, hook.id);
  REQUIRE(deliveries.size() == 2);
  CHECK(deliveries[0].state == core::DeliveryState::cancelled);
  CHECK(deliveries[1].state == core::DeliveryState::pending);
  // Only that hook receives it.
  CHECK(std::ranges::count(app.deliveries(), "meta", &test::StoredDelivery::event) == 1);
  const auto body = must(Json::parse(app.events("meta").at(0).body));
  CHECK(body.string_at("action") == "deleted");
  CHECK(body.integer_at("hook_id") == hook.id.value);
  CHECK(body.string_at("hook", "config", "secret") == "********");
  CHECK(with(app.deliveries(core::DeliveryState::pending), &test::StoredDelivery::hook, other.id)
            .size() == 1);
}

TEST_CASE("delete_hook: sends nothing to a hook without meta events, or an inactive one") {
  HookFixture app;
  for (const bool active : {true, false}) {
    auto input = hook_input("https://a.example/h", {active ? "deployment" : "meta"});
    input.active = active;
    const auto hook = must(app::create_hook(app.context, app.access, input));
    REQUIRE(app::delete_hook(app.context, app.access, hook.id));
  }
  CHECK(app.events("meta").size() == 0);
}
