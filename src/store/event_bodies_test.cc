#include "store/event_bodies.h"

#include <doctest/doctest.h>

#include <random>

#include "base/crypto.h"
#include "store/delivery_queue.h"
#include "store/events.h"
#include "store/feed.h"
#include "support/captured_log.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::for_each_engine;
using test::Sample;

namespace {

/// An event whose body is inserted by `insert`.
EventId add_event(sql::Writer& tx, const Sample& sample, const std::string& body,
                  const store::BodyEnd* end = nullptr) {
  return store::insert_event(tx, sample.event("push"), body, sample.actor, nullptr, end);
}

void store_as(sql::Writer& tx, EventId event, int codec, const std::string& stored) {
  tx.execute("update event_body set codec = $2, body = $3 where event_id = $1",
             {event.value, codec, stored});
}

std::string stored_body(sql::Reader& db, EventId event) {
  const auto found = db.one("select body from event_body where event_id = $1", {event.value},
                            [](const sql::Row& row) { return std::string(row.text(0)); });
  REQUIRE(found);
  return *found;
}

std::string random_text(std::mt19937& random) {
  std::string text;
  const size_t size = random() % 20'000;
  const unsigned kinds = 1 + random() % 90;  // few of them compress well
  while (text.size() < size) text += static_cast<char>(' ' + random() % kinds);
  return text;
}

const std::string body = R"({"action":"created","repository":{"name":"shop"}})";

}  // namespace

TEST_CASE("event bodies: any text is read as it was written, with and without a common end") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      std::mt19937 random(1);
      for (int round = 0; round < 100; ++round) {
        const std::string text = random_text(random);
        const auto end =
            store::compress_end(text.substr(text.size() - random() % (text.size() + 1)));
        CHECK(store::event_body(tx, add_event(tx, sample, text)) == text);
        CHECK(store::event_body(tx, add_event(tx, sample, text, &end)) == text);
        CHECK(store::event_body(tx, add_event(tx, sample, text + ".", &end)) == text + ".");
      }
    });
  });
}

TEST_CASE("event bodies: a body of an earlier version is plain text") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      const EventId event = add_event(tx, sample, "{}");
      tx.execute("delete from event_body");
      tx.execute("insert into event_body (event_id, body) values ($1, $2)", {event.value, body});
      CHECK(store::event_body(tx, event) == body);
      CHECK(store::latest_push(tx, sample.repository.id) == body);
    });
  });
}

TEST_CASE("event bodies: a damaged one is an error in the log, and the same as a pruned one") {
  test::SqliteStore sqlite;
  test::write(sqlite.database(), [](sql::Writer& tx) {
    const Sample sample(tx);
    const auto end = store::compress_end(body.substr(body.find(",\"repository\"")));
    sample.hook(tx);
    const EventId event = add_event(tx, sample, body, &end);
    const std::string stored = stored_body(tx, event);
    const auto read = [&] {
      std::optional<std::string> found;
      const std::string log = test::captured_log([&] { found = store::event_body(tx, event); });
      CHECK(log.contains("the body of an event is damaged") != found.has_value());
      return found;
    };
    CHECK(read() == body);
    size_t wrong = 0;  // a frame has a bit that means nothing
    test::captured_log([&] {
      for (size_t i = 0; i < stored.size(); ++i) {
        std::string damaged = stored;
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        store_as(tx, event, 2, damaged);
        wrong += store::event_body(tx, event).value_or(body) == body ? 0 : 1;
      }
    });
    CHECK(wrong == 0);
    test::captured_log([&] {  // its delivery is due all the same, and can be given up
      const auto due = test::list_due(tx, test::at(9));
      REQUIRE(due.size() == 1);
      CHECK_FALSE(due[0].body);
    });
    for (const std::string& other : {std::string(), std::string("no base64"), base64("no frame"),
                                     base64(std::string(100, '\x28'))}) {
      store_as(tx, event, 2, other);
      CHECK_FALSE(read());
    }
    store_as(tx, event, 2, stored);
    CHECK(read() == body);
    store_as(tx, event, 3, stored);  // a later version's
    CHECK_FALSE(read());
  });
}

TEST_CASE("event bodies: an end is stored once for all bodies that have it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      const auto end = store::compress_end(body.substr(body.find(",\"repository\"")));
      const EventId first = add_event(tx, sample, body, &end);
      const EventId second = add_event(tx, sample, body, &end);
      CHECK(tx.number("select count(*) from event_body_end") == 1);
      CHECK(tx.number("select count(*) from event_body where codec = 2") == 2);
      CHECK(store::event_body(tx, first) == body);
      CHECK(store::event_body(tx, second) == body);
      const std::string other = body.substr(0, body.size() - 1) + ",\"sender\":{}}";
      const auto other_end = store::compress_end(other.substr(other.find(",\"repository\"")));
      CHECK(store::event_body(tx, add_event(tx, sample, other, &other_end)) == other);
      CHECK(tx.number("select count(*) from event_body_end") == 2);
    });
  });
}

TEST_CASE("event bodies: an end goes when no body has it, and is stored again when one has it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      const auto end = store::compress_end(body.substr(body.find(",\"repository\"")));
      const EventId event = add_event(tx, sample, body, &end);
      const Timestamp later = sample.event("push").created_at + std::chrono::microseconds(1);
      CHECK(store::remove_unused_ends(tx, later, 10) == 0);
      tx.execute("delete from event_body where event_id = $1", {event.value});
      CHECK(store::remove_unused_ends(tx, sample.event("push").created_at, 10) == 0);  // too young
      CHECK(store::remove_unused_ends(tx, later, 10) == 1);
      CHECK(tx.number("select count(*) from event_body_end") == 0);
      CHECK(store::event_body(tx, add_event(tx, sample, body, &end)) == body);
    });
  });
}

TEST_CASE("event bodies: those of earlier versions are written again, and read the same") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample sample(tx);
      const std::string without_end = R"({"zen":"Keep it simple","repository":7})";
      std::vector<EventId> events;
      for (const std::string& text : {body, body, without_end, body}) {
        events.push_back(add_event(tx, sample, text));
      }
      store_as(tx, events[1], 0, body);
      store_as(tx, events[2], 0, without_end);
      store_as(tx, events[3], 1, "no frame");
      test::captured_log([&] {
        store::BodyRecoder recoder;
        auto done = recoder.recode(tx, {0}, events[3], 2, test::at(0));
        CHECK(done == events[1]);
        store::BodyRecoder after_restart;
        done = after_restart.recode(tx, *done, events[3], 2, test::at(0));
        CHECK(done == events[3]);
        CHECK(recoder.count() + after_restart.count() == 3);
        CHECK_FALSE(after_restart.recode(tx, *done, events[3], 2, test::at(0)));
      });
      CHECK(store::event_body(tx, events[0]) == body);
      CHECK(store::event_body(tx, events[1]) == body);
      CHECK(store::event_body(tx, events[2]) == without_end);
      CHECK(stored_body(tx, events[3]) == "no frame");
      CHECK(tx.number("select count(*) from event_body where codec = 2") == 2);
      CHECK(tx.number("select count(*) from event_body where codec = 0") == 0);
      CHECK(tx.number("select count(*) from event_body_end") == 1);
    });
  });
}

TEST_CASE("event bodies: the dictionary never changes, because stored bodies need it") {
  test::SqliteStore sqlite;
  test::write(sqlite.database(), [](sql::Writer& tx) {
    const Sample sample(tx);
    const EventId event = add_event(tx, sample, "{}");
    store_as(tx, event, 1, "KLUv/SQxhQAAEH19BEAAt3YY2Lw9mzh/J2Z9izY=");
    CHECK(store::event_body(tx, event) == body);
  });
}
