#include "store/delivery_queue.h"

#include <doctest/doctest.h>

#include "store/hook_health.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;
using test::sealer;

namespace {

using Ids = std::vector<EventId>;

std::vector<store::DueDelivery> due(sql::Reader& db, Timestamp now = at(1000)) {
  return test::list_due(db, now);
}

Ids events_of(const std::vector<store::DueDelivery>& deliveries) {
  Ids events;
  for (const auto& delivery : deliveries) events.push_back(delivery.event.id);
  return events;
}

/// The events with due deliveries, in the order of the deliveries.
Ids due_events(sql::Reader& db, Timestamp now = at(1000)) { return events_of(due(db, now)); }

store::DeliveryAttempt attempt(int status_code = 200, const std::string& status = "OK") {
  return test::sample_attempt(status_code, status);
}

const store::AttemptOutcome delivered{.delivered = true, .next_attempt_at = std::nullopt};
const store::AttemptOutcome dead{.delivered = false, .next_attempt_at = std::nullopt};
store::AttemptOutcome retry(Timestamp when) {
  return {.delivered = false, .next_attempt_at = when};
}

std::string state_of(sql::Reader& db, DeliveryId id) {
  return found(db.one("select state from delivery where id = $1", {id.value},
                      [](const sql::Row& row) { return std::string(row.text(0)); }));
}

}  // namespace

TEST_CASE("find_due_in: returns everything that sending needs") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "staging");
      const auto hook = s.hook(tx, {"deployment"}, "http://127.0.0.1:9/x", "secret");
      core::Event event = s.event("deployment", deployment.environment.id);
      event.deployment_id = deployment.id;
      event.id = store::insert_event(tx, event, R"({"a":1})", s.actor);
      const auto list = due(tx);
      REQUIRE(list.size() == 1);
      CHECK(list[0].lane == store::DeliveryLane{hook.id, deployment.environment.id.value});
      CHECK(list[0].attempt_count == 0);
      CHECK(list[0].body == R"({"a":1})");
      CHECK(list[0].event.id == event.id);
      CHECK(list[0].event.guid == event.guid);
      CHECK(list[0].event.kind == "deployment");
      CHECK(list[0].event.event_no == 1);
      CHECK(list[0].event.repository_id == s.repository.id);
      CHECK(list[0].hook.id == hook.id);
      CHECK(list[0].hook.url == "http://127.0.0.1:9/x");
      CHECK(list[0].hook.secret.reveal() == "secret");
    });
  });
}

TEST_CASE("list_unordered: only what is due, the longest overdue first, and at most the limit") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      auto insert = [&](int64_t when) {
        return store::insert_event(tx, s.event("push", {}, at(when)), "{}", s.actor);
      };
      auto list = [&](int64_t now, store::UnorderedQuery query) {
        query.hook = hook.id;
        return store::list_unordered(tx, sealer(), at(now), query);
      };
      const EventId late = insert(30), early = insert(10), same = insert(10);
      CHECK(list(9, {.limit = 3}).empty());
      CHECK(events_of(list(10, {.limit = 3})) == Ids{early, same});
      CHECK(events_of(list(30, {.limit = 3})) == Ids{early, same, late});
      CHECK(events_of(list(30, {.limit = 2})) == Ids{early, same});
      const auto first = list(30, {.limit = 2});
      CHECK(events_of(list(30, {.limit = 3, .except = {first[0].id, first[1].id}})) == Ids{late});
      CHECK(list(30, {.limit = 3, .busy_repositories = {s.repository.id}}).empty());
      CHECK(list(30, {.limit = 3, .busy_repositories = {{0}}}).size() == 3);
    });
  });
}

TEST_CASE("find_due_in: deliveries of a hook and an environment keep their order through retries") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto staging = s.environment(tx, "staging");
      s.hook(tx);
      const EventId first = store::insert_event(tx, s.event("a", staging.id), "{}", s.actor);
      const EventId second = store::insert_event(tx, s.event("b", staging.id), "{}", s.actor);
      REQUIRE(due_events(tx) == Ids{first});
      store::record_attempt(tx, due(tx)[0], attempt(500, "no"), retry(at(5000)));
      CHECK(due_events(tx, at(4999)).empty());  // the second one does not overtake
      REQUIRE(due_events(tx, at(5000)) == Ids{first});
      store::record_attempt(tx, due(tx, at(5000))[0], attempt(500, "no"), retry(at(6000)));
      store::record_attempt(tx, due(tx, at(6000))[0], attempt(), delivered);
      CHECK(due_events(tx) == Ids{second});
    });
  });
}

TEST_CASE("find_due_in: a dead or cancelled delivery does not block later ones") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto staging = s.environment(tx, "staging");
      s.hook(tx);
      store::insert_event(tx, s.event("a", staging.id), "{}", s.actor);
      const EventId second = store::insert_event(tx, s.event("b", staging.id), "{}", s.actor);
      const EventId third = store::insert_event(tx, s.event("c", staging.id), "{}", s.actor);
      store::record_attempt(tx, due(tx)[0], attempt(500, "no"), dead);
      REQUIRE(due_events(tx) == Ids{second});
      tx.execute("update delivery set state = 'cancelled' where event_id = $1", {second.value});
      CHECK(due_events(tx) == Ids{third});
    });
  });
}

TEST_CASE("find_due_in: deliveries of other environments or hooks, and pings, do not wait") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto staging = s.environment(tx, "staging"), production = s.environment(tx, "prod");
      const auto one = s.hook(tx), two = s.hook(tx);
      auto insert = [&](std::optional<EnvironmentNameId> environment) {
        return store::insert_event(tx, s.event("push", environment), "{}", s.actor);
      };
      const EventId stuck = insert(staging.id);
      for (const auto& delivery : due(tx)) {
        if (delivery.hook.id != one.id) continue;
        store::record_attempt(tx, delivery, attempt(500, "no"), retry(at(9000)));
      }
      const EventId elsewhere = insert(production.id), same = insert(staging.id);
      const EventId ping = insert(std::nullopt), another_ping = insert(std::nullopt);
      Ids for_one, for_two;
      for (const auto& delivery : due(tx)) {
        (delivery.hook.id == one.id ? for_one : for_two).push_back(delivery.event.id);
      }
      CHECK(for_one == Ids{elsewhere, ping, another_ping});
      CHECK(for_two == Ids{stuck, elsewhere, ping, another_ping});
      for (const auto& delivery : due(tx)) {
        if (delivery.hook.id == two.id && delivery.event.id == stuck) {
          store::record_attempt(tx, delivery, attempt(), delivered);
        }
      }
      CHECK(due_events(tx) ==
            Ids{elsewhere, elsewhere, same, ping, ping, another_ping, another_ping});
    });
  });
}

TEST_CASE("list_lanes: each lane in which something waits, in parts, however much waits in it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto staging = s.environment(tx, "staging"), production = s.environment(tx, "prod");
      const auto one = s.hook(tx), two = s.hook(tx);
      for (int i = 0; i < 3; ++i) {
        for (const auto& environment : {staging, production}) {
          store::insert_event(tx, s.event("a", environment.id), "{}", s.actor);
        }
        store::insert_event(tx, s.event("push"), "{}", s.actor);
      }
      std::vector<store::DeliveryLane> expected;
      for (const HookId hook : {one.id, two.id}) {
        for (int64_t place : {int64_t{0}, staging.id.value, production.id.value}) {
          expected.push_back({hook, place});
        }
      }
      CHECK(store::list_lanes(tx, {}, 100) == expected);
      std::vector<store::DeliveryLane> in_parts;
      for (store::DeliveryLane after;; after = in_parts.back()) {
        const auto part = store::list_lanes(tx, after, 2);
        if (part.empty()) break;
        std::ranges::copy(part, std::back_inserter(in_parts));
      }
      CHECK(in_parts == expected);
      const auto placed = store::list_deliveries_after(tx, {2}, 3);
      CHECK(placed.size() == 3);
      CHECK(placed.front().id == DeliveryId{3});
      CHECK(store::newest_delivery(tx) == DeliveryId{18});
      tx.execute("update delivery set state = 'delivered' where hook_id = $1", {one.id.value});
      tx.execute("update delivery set state = 'held' where order_environment_id = $1",
                 {staging.id.value});
      CHECK(store::list_lanes(tx, {}, 100).front() ==
            store::DeliveryLane{one.id, staging.id.value});
      CHECK(store::list_lanes(tx, {}, 100).size() == 4);
    });
  });
}

TEST_CASE("next_due: the earliest time after now") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.hook(tx);
      CHECK_FALSE(store::next_due(tx, at(0)).has_value());
      store::insert_event(tx, s.event("push", {}, at(20)), "{}", s.actor);
      store::insert_event(tx, s.event("push", {}, at(10)), "{}", s.actor);
      CHECK(store::next_due(tx, at(0)) == at(10));
      CHECK(store::next_due(tx, at(10)) == at(20));
      CHECK_FALSE(store::next_due(tx, at(20)).has_value());
      store::record_attempt(tx, due(tx, at(10))[0], attempt(), delivered);
      CHECK(store::next_due(tx, at(0)) == at(20));
    });
  });
}

TEST_CASE("record_attempt: a success ends the delivery, and is the hook's last response") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), neighbour = s.hook(tx, {"none"});
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      const auto delivery = due(tx).at(0);
      store::record_attempt(tx, delivery, attempt(204, "OK"), delivered);
      CHECK(state_of(tx, delivery.id) == "delivered");
      CHECK(due(tx).empty());
      auto shown = found(store::find_hook(tx, sealer(), s.repository.id, hook.id)).last_response;
      CHECK(shown.code == 204);
      CHECK(shown.status == "active");
      CHECK(shown.message == "OK");
      auto other =
          found(store::find_hook(tx, sealer(), s.repository.id, neighbour.id)).last_response;
      CHECK(other.status == "unused");

      auto row = tx.one(
          "select delivery_id, attempted_at, duration, status_code, status, request_headers, "
          "response_headers, response_body from delivery_attempt",
          {}, [](const sql::Row& r) {
            std::string text = std::to_string(r.integer(0));
            for (int i = 1; i < 8; ++i) text += "|" + std::string(r.text(i));
            return text;
          });
      CHECK(found(row) == std::to_string(delivery.id.value) + "|" +
                              std::to_string(to_micros(at(100))) +
                              R"(|1234|204|OK|{"A":"b"}|{"C":"d"}|thanks)");
    });
  });
}

TEST_CASE("record_attempt: a failure is counted and retried, until no retry is left") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      auto delivery = due(tx).at(0);
      store::record_attempt(tx, delivery, attempt(502, "timed out"), retry(at(2000)));
      CHECK(state_of(tx, delivery.id) == "pending");
      CHECK(due(tx, at(1999)).empty());
      delivery = due(tx, at(2000)).at(0);
      CHECK(delivery.attempt_count == 1);
      store::record_attempt(tx, delivery, attempt(502, "timed out"), dead);
      CHECK(state_of(tx, delivery.id) == "dead");
      CHECK(due(tx, at(1'000'000)).empty());
      CHECK_FALSE(store::next_due(tx, at(0)).has_value());
      CHECK(tx.number("select count(*) from delivery_attempt") == 2);
      CHECK(tx.number("select attempt_count from delivery") == 2);
      auto shown = found(store::find_hook(tx, sealer(), s.repository.id, hook.id)).last_response;
      CHECK(shown.code == 502);
      CHECK(shown.status == "misconfigured");
      CHECK(shown.message == "timed out");
    });
  });
}

TEST_CASE("record_attempt: a delivery cancelled during the attempt stays cancelled") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      const auto in_flight = due(tx);
      REQUIRE(in_flight.size() == 2);
      store::delete_hook(tx, hook.id, at(50));
      store::record_attempt(tx, in_flight[0], attempt(500, "no"), retry(at(60)));
      store::record_attempt(tx, in_flight[1], attempt(), delivered);
      CHECK(state_of(tx, in_flight[0].id) == "cancelled");
      CHECK(state_of(tx, in_flight[1].id) == "cancelled");
      CHECK(due(tx, at(1'000'000)).empty());
      CHECK(tx.number("select count(*) from delivery_attempt") == 2);
    });
  });
}

TEST_CASE("follow_clock: retries are due at once after the clock was set back") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      constexpr int64_t back = 1'000'000;
      const Sample s(tx);
      const auto hook = s.hook(tx);
      store::insert_event(tx, s.event("push", {}, at(100)), "{}", s.actor);
      store::record_attempt(tx, due(tx).at(0), attempt(500, "no"), retry(at(150)));
      store::set_hook_health(tx, hook.id,
                             {.failure_count = 5, .failing_since = at(100), .probe_at = at(120)});
      CHECK_FALSE(store::follow_clock(tx, at(100)));
      CHECK(due(tx, at(149)).empty());

      const Timestamp now = at(100 - back), later = at(101 - back);
      CHECK(store::follow_clock(tx, now) == std::chrono::microseconds(back));
      CHECK(due(tx, now).size() == 1);
      store::follow_clock(tx, later);  // a second start before any attempt
      CHECK(due(tx, now).size() == 1);
      const auto health = store::get_hook_health(tx, hook.id);
      CHECK(health.failing_since == now);
      CHECK(health.probe_at == now);
    });
  });
}
