// The deliveries of a webhook: app/hook_deliveries.h and app/event_deliveries.h.
#include "app/hook_deliveries.h"

#include <doctest/doctest.h>

#include "app/event_deliveries.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::at;
using test::must;

namespace {

/// A hook whose ping was answered with status 500.
struct DeliveryFixture : test::AppFixture {
  DeliveryFixture() {
    must(write([&](store::Writer& tx) {
      store::DeliveryAttempt attempt;
      attempt.attempted_at = at(7);
      attempt.status_code = 500;
      attempt.request_headers = attempt.response_headers = "{}";
      store::record_attempt(tx, test::list_due(tx, now).at(0), attempt,
                            {.delivered = false, .next_attempt_at = std::nullopt});
    }));
    told = {};
  }
  HookId make_hook(const std::string& url, const std::vector<std::string>& events = {"push"}) {
    core::HookInput hook;
    hook.config = core::HookConfig{.url = url, .secret = "secret"};
    hook.events = events;
    return must(app::create_hook(context, access, hook)).id;
  }
  DeliveryAttemptId only_delivery() {
    auto page = must(list(access, hook));
    REQUIRE(page.items.size() == 1);
    return page.items[0].id;
  }
  std::string pushes(HookId to) {
    std::string bodies;
    for (const test::StoredEvent& push : events("push")) {
      if (push.event.only_hook == to) bodies += push.body + "\n";
    }
    return bodies;
  }

  Result<core::HookDeliveryPage> list(const app::HookScope& scope, HookId of) {
    return read([&](store::Reader& db) { return app::list_hook_deliveries(db, scope, of, {}); });
  }
  Result<core::HookDeliveryRecord> get(const app::HookScope& scope, HookId of,
                                       DeliveryAttemptId id) {
    return read([&](store::Reader& db) { return app::get_hook_delivery(db, scope, of, id); });
  }
  Result<core::EventDeliveryPage> list_by_event(const app::HookScope& scope, HookId of) {
    return read([&](store::Reader& db) { return app::list_event_deliveries(db, scope, of, {}); });
  }

  app::RepositoryAccess access = add_bare("application");
  app::RepositoryAccess other = add_bare("other");
  HookId hook = make_hook("https://a.example");
};

}  // namespace

TEST_CASE("redeliver: requests one more attempt, and is audited") {
  DeliveryFixture app;
  const DeliveryAttemptId id = app.only_delivery();
  must(app::redeliver(app.context, app.access, app.hook, id));
  CHECK(app.row_count("redelivery") == 1);
  CHECK(app.told.deliveries);
  CHECK(lines_of(app.audits("hook.redeliver"), &test::StoredAudit::detail) ==
        "{\"delivery_id\":" + std::to_string(id.value) + "}\n");
  CHECK(app.audits("hook.redeliver").at(0).repository == app.access.repository.id);
}

TEST_CASE("deliveries: not found through another hook or repository") {
  DeliveryFixture app;
  const DeliveryAttemptId id = app.only_delivery();
  const HookId neighbour = app.make_hook("https://b.example");
  app.told = {};
  struct Row {
    const app::RepositoryAccess& access;
    HookId hook;
    DeliveryAttemptId id;
  };
  for (const Row& row : {Row{app.other, app.hook, id}, Row{app.access, neighbour, id},
                         Row{app.access, {999}, id}, Row{app.access, app.hook, {999}}}) {
    auto got = app.get(row.access, row.hook, row.id);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ErrorCode::not_found);
    auto asked = app::redeliver(app.context, row.access, row.hook, row.id);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(app.list(app.other, app.hook));
  CHECK(must(app.list(app.access, neighbour)).items.empty());
  CHECK(must(app.get(app.access, app.hook, id)).delivery.id == id);
  CHECK(app.row_count("redelivery") == 0);
  CHECK_FALSE(app.told.any());
}

TEST_CASE("test_hook: sends the latest push to that hook alone, if it wants pushes") {
  DeliveryFixture app;
  const HookId deaf = app.make_hook("https://b.example", {"deployment"});
  must(app::test_hook(app.context, app.access, app.hook));  // there is no push yet
  CHECK(app.pushes(app.hook) == "");
  must(app.write([&](store::Writer& tx) {
    core::Event event;
    event.guid = random_uuid();
    event.repository_id = app.access.repository.id;
    event.kind = "push";
    event.announced = false;
    event.created_at = at(1);
    store::insert_event(tx, event, R"({"ref":"refs/heads/main"})", app.access.actor);
  }));
  must(app::test_hook(app.context, app.access, app.hook));
  must(app::test_hook(app.context, app.access, deaf));
  CHECK(app.pushes(app.hook) == "{\"ref\":\"refs/heads/main\"}\n");
  CHECK(app.pushes(deaf) == "");
  CHECK(app.audits("hook.test").size() == 3);
  CHECK(app::test_hook(app.context, app.other, app.hook).error().code == ErrorCode::not_found);
}

TEST_CASE("replay_deliveries: restarts dead deliveries, is audited, and wakes the worker") {
  DeliveryFixture app;
  CHECK(must(app.list_by_event(app.access, app.hook)).items.at(0).state ==
        core::DeliveryState::dead);
  CHECK(must(app::replay_deliveries(app.context, app.access, app.hook, {})).count == 1);
  const auto item = must(app.list_by_event(app.access, app.hook)).items.at(0);
  CHECK(item.state == core::DeliveryState::pending);
  CHECK(item.attempt_count == 0);
  CHECK(item.event == "ping");
  CHECK(item.repository == "ada/application");
  CHECK(item.latest_attempt->status_code == 500);
  CHECK(app.told.deliveries);
  CHECK(lines_of(app.audits("hook.replay"), &test::StoredAudit::detail) == "{\"count\":1}\n");
  for (auto refused : {app::replay_deliveries(app.context, app.other, app.hook, {}),
                       app::replay_deliveries(app.context, app.access, {999}, {})}) {
    CHECK(refused.error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(app.list_by_event(app.other, app.hook));
}

TEST_CASE("deliveries: one whose body was pruned is shown without it, and is not sent again") {
  DeliveryFixture app;
  const DeliveryAttemptId id = app.only_delivery();
  must(app.write([](store::Writer& tx) { tx.execute("delete from event_body"); }));
  const auto record = must(app.get(app.access, app.hook, id));
  CHECK(record.delivery.status_code == 500);
  CHECK_FALSE(record.request_payload);
  CHECK(app::redeliver(app.context, app.access, app.hook, id).error().reason_code == "body_pruned");
  CHECK(app.row_count("redelivery") == 0);
  const auto replayed = must(app::replay_deliveries(app.context, app.access, app.hook, {}));
  CHECK(replayed.count == 0);
  CHECK(replayed.pruned == 1);
}
