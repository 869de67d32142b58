#include "store/event_deliveries.h"

#include <doctest/doctest.h>

#include "store/hook_health.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeliveryState;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

using Numbers = std::vector<int64_t>;

/// Inserts one event for this hook only, with its delivery in that state.
DeliveryId send(sql::Writer& tx, const Sample& s, const core::Hook& hook, DeliveryState state,
                int64_t created_at = 0) {
  core::Event event = s.event("deployment", {}, at(created_at));
  event.only_hook = hook.id;
  store::insert_event(tx, event, "{}", s.actor);
  const DeliveryId id{tx.number("select max(id) from delivery")};
  tx.execute("update delivery set state = $2, attempt_count = 3 where id = $1",
             {id.value, core::to_name(state)});
  return id;
}

int64_t attempt(sql::Writer& tx, const core::Hook& hook, DeliveryId id, int code) {
  return tx.number(
      "insert into delivery_attempt (delivery_id, hook_id, redelivery, url, attempted_at, "
      "duration, status_code, status, request_headers, response_headers, response_body) "
      "values ($1, $2, 0, '', 0, 0, $3, 'words', '{}', '{}', '') returning id",
      {id.value, hook.id.value, code});
}

Numbers ids(const core::EventDeliveryPage& page) {
  Numbers ids;
  for (const auto& item : page.items) ids.push_back(item.id.value);
  return ids;
}

Numbers in_state(sql::Writer& tx, const core::Hook& hook, DeliveryState state) {
  return ids(store::list_event_deliveries(tx, hook.id, {.state = state}));
}

}  // namespace

TEST_CASE("list_event_deliveries: one item for each event, with its latest attempt") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      const auto first = send(tx, s, hook, DeliveryState::dead, 7);
      attempt(tx, hook, first, 500);
      const int64_t latest = attempt(tx, hook, first, 502);
      const auto second = send(tx, s, hook, DeliveryState::pending);
      send(tx, s, other, DeliveryState::pending);
      const auto page = store::list_event_deliveries(tx, hook.id, {});
      REQUIRE(ids(page) == Numbers{second.value, first.value});
      CHECK_FALSE(page.items[0].latest_attempt);
      CHECK(page.items[0].state == DeliveryState::pending);
      const auto& dead = page.items[1];
      CHECK(dead.state == DeliveryState::dead);
      CHECK(dead.attempt_count == 3);
      CHECK(dead.event == "deployment");
      CHECK(dead.action == "created");
      CHECK(dead.repository == "ada/application");
      CHECK_FALSE(dead.deployment_id);
      CHECK(dead.created_at == at(7));
      CHECK(dead.next_attempt_at == at(7));
      CHECK(dead.guid.size() == 36);
      REQUIRE(dead.latest_attempt);
      CHECK(dead.latest_attempt->id.value == latest);
      CHECK(dead.latest_attempt->status == "words");
      CHECK(dead.latest_attempt->status_code == 502);
    });
  });
}

TEST_CASE("list_event_deliveries: an event without a repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      core::Event ping = s.event("ping");
      ping.repository_id.reset();
      ping.only_hook = hook.id;
      store::insert_event(tx, ping, "{}", s.actor);
      CHECK(store::list_event_deliveries(tx, hook.id, {}).items.at(0).repository == "");
    });
  });
}

TEST_CASE("list_event_deliveries: by state, in pages with cursors to the next and previous page") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      Numbers dead;
      for (int i = 0; i < 5; ++i) {
        dead.insert(dead.begin(), send(tx, s, hook, DeliveryState::dead).value);
        send(tx, s, hook, DeliveryState::delivered);
      }
      core::EventDeliveryQuery query{.state = DeliveryState::dead, .size = 2};
      auto page = store::list_event_deliveries(tx, hook.id, query);
      CHECK(ids(page) == Numbers{dead[0], dead[1]});
      CHECK_FALSE(page.previous);
      query.from = page.next;
      page = store::list_event_deliveries(tx, hook.id, query);
      CHECK(ids(page) == Numbers{dead[2], dead[3]});
      REQUIRE(page.previous);
      CHECK(page.previous->value == dead[0]);
      query.from = page.next;
      page = store::list_event_deliveries(tx, hook.id, query);
      CHECK(ids(page) == Numbers{dead[4]});
      CHECK_FALSE(page.next);
    });
  });
}

TEST_CASE("replay_deliveries: restarts deliveries in the named states, and no others") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      const auto dead = send(tx, s, hook, DeliveryState::dead);
      const auto skipped = send(tx, s, hook, DeliveryState::skipped);
      send(tx, s, hook, DeliveryState::cancelled);
      const auto delivered = send(tx, s, hook, DeliveryState::delivered);
      send(tx, s, other, DeliveryState::dead);
      const auto done = store::replay_deliveries(tx, hook.id, {}, at(50), 100);
      CHECK(done.count == 2);
      CHECK_FALSE(done.more);
      const auto pending =
          store::list_event_deliveries(tx, hook.id, {.state = DeliveryState::pending});
      REQUIRE(ids(pending) == Numbers{skipped.value, dead.value});
      CHECK(pending.items[0].attempt_count == 0);
      CHECK(pending.items[0].next_attempt_at == at(50));
      CHECK(in_state(tx, hook, DeliveryState::cancelled).size() == 1);
      CHECK(in_state(tx, hook, DeliveryState::delivered) == Numbers{delivered.value});
      CHECK(in_state(tx, other, DeliveryState::dead).size() == 1);
      CHECK(
          store::replay_deliveries(tx, hook.id, {.states = {DeliveryState::delivered}}, at(50), 100)
              .count == 1);
    });
  });
}

TEST_CASE("latest_status_codes: those since the latest replay, the newest first") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      const auto id = send(tx, s, hook, DeliveryState::dead);
      for (int code : {400, 413, 422}) attempt(tx, hook, id, code);
      using Codes = std::vector<int>;
      CHECK(store::latest_status_codes(tx, id, 2) == Codes{422, 413});
      store::replay_deliveries(tx, hook.id, {}, at(50), 100);
      CHECK(store::latest_status_codes(tx, id, 2) == Codes{});
      attempt(tx, hook, id, 503);
      CHECK(store::latest_status_codes(tx, id, 2) == Codes{503});
    });
  });
}

TEST_CASE("replay_deliveries: by time, the oldest first, and no more than the limit") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      Numbers made;
      for (int64_t i = 0; i < 6; ++i) {
        made.push_back(send(tx, s, hook, DeliveryState::dead, i * 10).value);
      }
      const core::Replay replay{.created = {.from = at(10), .until = at(50)}};
      auto done = store::replay_deliveries(tx, hook.id, replay, at(99), 3);
      CHECK(done.count == 3);
      CHECK(done.more);
      CHECK(in_state(tx, hook, DeliveryState::pending) == Numbers{made[3], made[2], made[1]});
      done = store::replay_deliveries(tx, hook.id, replay, at(99), 3);
      CHECK(done.count == 1);
      CHECK_FALSE(done.more);
      CHECK(in_state(tx, hook, DeliveryState::dead) == Numbers{made[5], made[0]});
    });
  });
}

TEST_CASE("replay_deliveries: a pending retry is due at once too") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      for (const auto& one : {hook, other}) send(tx, s, one, DeliveryState::pending);
      tx.execute("update delivery set attempt_count = 3, next_attempt_at = $1",
                 {to_micros(at(99))});
      CHECK(store::replay_deliveries(tx, hook.id, {}, at(50), 100).count == 0);
      auto next = [&](const core::Hook& one) {
        const auto item = store::list_event_deliveries(tx, one.id, {}).items.at(0);
        CHECK(item.attempt_count == 3);
        return item.next_attempt_at;
      };
      CHECK(next(hook) == at(50));
      CHECK(next(other) == at(99));
    });
  });
}

TEST_CASE("replay_deliveries: a hook that holds deliveries holds the replayed ones too") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      for (const char* reason :
           {"update hook set active = 0", "update hook set active = 1, probe_at = 9000000000000000",
            "update account set blocked_at = 1"}) {
        tx.execute(reason);
        const auto dead = send(tx, s, hook, DeliveryState::dead);
        CHECK(store::replay_deliveries(tx, hook.id, {}, at(50), 100).count == 1);
        CHECK(in_state(tx, hook, DeliveryState::held) == Numbers{dead.value});
        const int64_t probe = tx.number("select coalesce(probe_at, 0) from hook");
        CHECK(probe == (std::string_view(reason).contains("probe_at") ? to_micros(at(50)) : 0));
        tx.execute("update delivery set state = 'delivered'");
        tx.execute("update hook set probe_at = null");
      }
    });
  });
}

TEST_CASE("find_due_in: a replayed delivery shows that it was skipped before") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      tx.execute("update hook set when_superseded = 'skip'");
      send(tx, s, hook, DeliveryState::pending);
      const auto skipped = send(tx, s, hook, DeliveryState::skipped);
      attempt(tx, hook, skipped, 0);
      store::replay_deliveries(tx, hook.id, {}, at(50), 100);
      const auto due = test::list_due(tx, at(50));
      REQUIRE(due.size() == 2);
      CHECK_FALSE(due[0].skipped_before);
      CHECK(due[1].id == skipped);
      CHECK(due[1].skipped_before);
    });
  });
}

TEST_CASE("restart_hook: resets the failures, and held deliveries are due now") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), failed = s.hook(tx);
      const auto held = send(tx, s, hook, DeliveryState::held);
      const auto others = send(tx, s, failed, DeliveryState::held);
      tx.execute(
          "update hook set failure_count = 9, failing_since = 1, probe_at = 1, last_code = 410, "
          "last_message = 'gone', last_status = 'misconfigured'");
      tx.execute("update hook set last_status = 'disabled' where id = $1", {hook.id.value});
      store::restart_hook(tx, hook.id, at(20));
      auto read = found(store::find_hook(tx, test::sealer(), s.repository.id, hook.id));
      CHECK(read.health.failure_count == 0);
      CHECK_FALSE(read.health.failing_since);
      CHECK_FALSE(read.health.probe_at);
      CHECK(read.last_response.status == "unused");
      CHECK_FALSE(read.last_response.code);
      CHECK_FALSE(read.last_response.message);
      CHECK(in_state(tx, hook, DeliveryState::pending) == Numbers{held.value});
      CHECK(in_state(tx, failed, DeliveryState::held) == Numbers{others.value});
      store::restart_hook(tx, failed.id, at(20));
      read = found(store::find_hook(tx, test::sealer(), s.repository.id, failed.id));
      CHECK(read.last_response.status == "misconfigured");
    });
  });
}
