#include "store/hook_deliveries.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;
using test::sealer;

namespace {

using Numbers = std::vector<int64_t>;

store::DeliveryAttempt attempt(int status_code) {
  auto attempt = test::sample_attempt(status_code, status_code < 300 ? "OK" : "no");
  attempt.url = "http://127.0.0.1:1/then";
  return attempt;
}

/// The outcome of a scheduled attempt: the end, or another attempt at once.
store::AttemptOutcome outcome(bool delivered, std::optional<Timestamp> next = at(0)) {
  return {.delivered = delivered, .next_attempt_at = delivered ? std::nullopt : next};
}

/// Sends one event to the hook, with one attempt for each status code.
void send(sql::Writer& tx, const Sample& s, const core::Hook& hook,
          const std::vector<int>& status_codes, const std::string& body = "{}") {
  core::Event event = s.event("deployment");
  event.only_hook = hook.id;
  store::insert_event(tx, event, body, s.actor);
  for (int code : status_codes) {
    const auto due = test::list_due(tx, at(1000));
    REQUIRE(due.size() == 1);
    store::record_attempt(tx, due[0], attempt(code), outcome(code > 0 && code < 300));
  }
}

Numbers ids(const core::HookDeliveryPage& page) {
  Numbers ids;
  for (const auto& item : page.items) ids.push_back(item.id.value);
  return ids;
}

std::vector<store::DueDelivery> asked_for(sql::Writer& tx, size_t limit = 100,
                                          const store::BusySenders& except = {}) {
  return store::list_redeliveries(tx, sealer(), limit, except);
}

std::string state(sql::Writer& tx) {
  return found(tx.one("select state from delivery", {},
                      [](const sql::Row& row) { return std::string(row.text(0)); }));
}

}  // namespace

TEST_CASE("list_hook_deliveries: one item for each attempt of that hook, the newest first") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      send(tx, s, hook, {500, 200});
      send(tx, s, other, {200});
      send(tx, s, hook, {204});
      const auto page = store::list_hook_deliveries(tx, hook.id, {});
      REQUIRE(page.items.size() == 3);
      CHECK_FALSE(page.next);
      CHECK_FALSE(page.previous);
      const auto &newest = page.items[0], &retry = page.items[1], &first = page.items[2];
      CHECK(newest.id > retry.id);
      CHECK(retry.id > first.id);
      CHECK(newest.guid != retry.guid);
      CHECK(retry.guid == first.guid);
      CHECK(retry.delivery_id == first.delivery_id);
      CHECK(newest.status_code == 204);
      CHECK(first.status_code == 500);
      CHECK(first.status == "no");
      CHECK(first.delivered_at == at(100));
      CHECK(first.duration == std::chrono::microseconds(1234));
      CHECK(first.event == "deployment");
      CHECK(first.action == "created");
      CHECK(first.repository_id == s.repository.id);
      CHECK_FALSE(retry.redelivery);
    });
  });
}

TEST_CASE("list_hook_deliveries: a delivery without an attempt is not listed") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      send(tx, s, hook, {});
      CHECK(store::list_hook_deliveries(tx, hook.id, {}).items.empty());
    });
  });
}

TEST_CASE("list_hook_deliveries: a page begins at its cursor, and has its neighbours' cursors") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      for (int i = 0; i < 5; ++i) send(tx, s, hook, {200});
      const Numbers all = ids(store::list_hook_deliveries(tx, hook.id, {}));
      REQUIRE(all.size() == 5);
      auto list = [&](std::optional<int64_t> from) {
        core::HookDeliveryQuery query;
        query.size = 2;
        if (from) query.from = DeliveryAttemptId{*from};
        return store::list_hook_deliveries(tx, hook.id, query);
      };
      const auto first = list({});
      CHECK(ids(first) == Numbers{all[0], all[1]});
      CHECK(first.next == DeliveryAttemptId{all[2]});
      CHECK_FALSE(first.previous);
      const auto second = list(all[2]);
      CHECK(ids(second) == Numbers{all[2], all[3]});
      CHECK(second.next == DeliveryAttemptId{all[4]});
      CHECK(second.previous == DeliveryAttemptId{all[0]});
      const auto last = list(all[4]);
      CHECK(ids(last) == Numbers{all[4]});
      CHECK_FALSE(last.next);
      CHECK(last.previous == DeliveryAttemptId{all[2]});
      CHECK(list(all[1]).previous == DeliveryAttemptId{all[0]});
      CHECK_FALSE(list(all[0]).previous);
      CHECK(list(all[4] - 1).items.empty());
      // New attempts do not move the page.
      send(tx, s, hook, {200});
      CHECK(ids(list(all[2])) == Numbers{all[2], all[3]});
    });
  });
}

TEST_CASE("list_hook_deliveries: by success, in pages as well") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      send(tx, s, hook, {500, 302, 404, 0, 200});
      auto codes = [&](std::optional<bool> successful) {
        Numbers codes;
        core::HookDeliveryQuery query;
        query.successful = successful;
        query.size = 1;
        do {
          const auto page = store::list_hook_deliveries(tx, hook.id, query);
          for (const auto& item : page.items) codes.push_back(item.status_code);
          query.from = page.next;
        } while (query.from);
        return codes;
      };
      CHECK(codes({}) == Numbers{200, 0, 404, 302, 500});
      CHECK(codes(true) == Numbers{200, 302});
      CHECK(codes(false) == Numbers{404, 500});
    });
  });
}

TEST_CASE("find_hook_delivery: with the request and the response, and only through its hook") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      send(tx, s, hook, {200}, R"({"n": 1.0})");
      const auto id = store::list_hook_deliveries(tx, hook.id, {}).items.at(0).id;
      const auto record = found(store::find_hook_delivery(tx, hook.id, id));
      CHECK(record.delivery.id == id);
      CHECK(record.url == "http://127.0.0.1:1/then");
      CHECK(record.request_headers == R"({"A":"b"})");
      CHECK(record.request_payload == R"({"n": 1.0})");
      CHECK(record.response_headers == R"({"C":"d"})");
      CHECK(record.response_payload == "thanks");
      CHECK_FALSE(store::find_hook_delivery(tx, other.id, id));
      CHECK_FALSE(store::find_hook_delivery(tx, hook.id, {id.value + 1}));
    });
  });
}

TEST_CASE("list_redeliveries: the requests in their order, one per delivery at a time") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx), other = s.hook(tx);
      send(tx, s, hook, {200}, R"({"a":1})");
      send(tx, s, other, {200});
      const auto one = store::list_hook_deliveries(tx, hook.id, {}).items.at(0);
      const auto two = store::list_hook_deliveries(tx, other.id, {}).items.at(0);
      for (DeliveryId id : {one.delivery_id, one.delivery_id, two.delivery_id}) {
        store::insert_redelivery(tx, id, at(5));
      }
      auto list = asked_for(tx);
      REQUIRE(list.size() == 2);
      CHECK(list[0].id == one.delivery_id);
      CHECK(list[1].id == two.delivery_id);
      CHECK(list[0].event.guid == one.guid);
      CHECK(list[0].body == R"({"a":1})");
      CHECK(list[0].hook.id == hook.id);
      REQUIRE(list[0].redelivery);
      CHECK(asked_for(tx, 1).size() == 1);
      const auto without = asked_for(tx, 100, {.hooks = {hook.id}});
      REQUIRE(without.size() == 1);
      CHECK(without[0].hook.id == other.id);
      CHECK(test::list_due(tx, at(1000)).empty());

      store::record_attempt(tx, list[0], attempt(200), outcome(true));
      auto next = asked_for(tx);
      REQUIRE(next.size() == 2);
      CHECK(next[0].id == one.delivery_id);
      CHECK(next[0].redelivery > list[0].redelivery);
      CHECK(store::list_hook_deliveries(tx, hook.id, {}).items.at(0).redelivery);

      store::delete_hook(tx, hook.id, at(6));
      REQUIRE(asked_for(tx).size() == 1);
      CHECK(asked_for(tx)[0].hook.id == other.id);
    });
  });
}

TEST_CASE(
    "record_attempt: a redelivery ends the delivery if it succeeds, and else does not change it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      send(tx, s, hook, {});
      auto due = [&](int64_t now) { return test::list_due(tx, at(now)); };
      const DeliveryId id = due(0).at(0).id;
      auto redeliver = [&](int code) {
        store::insert_redelivery(tx, id, at(5));
        store::record_attempt(tx, asked_for(tx).at(0), attempt(code),
                              outcome(code < 300, std::nullopt));
        CHECK(asked_for(tx).empty());
      };
      store::record_attempt(tx, due(0).at(0), attempt(500), outcome(false, at(2000)));
      redeliver(500);
      CHECK(state(tx) == "pending");
      CHECK(due(1999).empty());
      REQUIRE(due(2000).size() == 1);
      CHECK(due(2000)[0].attempt_count == 1);
      store::record_attempt(tx, due(2000)[0], attempt(500), outcome(false, std::nullopt));
      redeliver(500);
      CHECK(state(tx) == "dead");
      redeliver(200);
      CHECK(state(tx) == "delivered");
      redeliver(500);
      CHECK(state(tx) == "delivered");
      tx.execute("update delivery set state = 'cancelled'");
      redeliver(200);
      CHECK(state(tx) == "cancelled");
      CHECK(tx.number("select attempt_count from delivery") == 2);
      CHECK(tx.number("select count(*) from delivery_attempt where redelivery = 1") == 5);
    });
  });
}

TEST_CASE("latest_push: the last push event of that repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      CHECK_FALSE(store::latest_push(tx, s.repository.id));
      for (const char* body : {"1", "2"}) {
        store::insert_event(tx, s.event("push"), body, s.actor);
      }
      store::insert_event(tx, s.event("deployment"), "3", s.actor);
      store::insert_event(tx, other.event("push"), "4", s.actor);
      CHECK(store::latest_push(tx, s.repository.id) == "2");
    });
  });
}
