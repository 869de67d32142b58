#include "store/retention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/audit.h"
#include "store/claims.h"
#include "store/deployment_logs.h"
#include "store/hook_deliveries.h"
#include "store/idempotency.h"
#include "store/ref_intents.h"
#include "support/app_rows.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"
#include "support/stored_rows.h"

using namespace esclusa;
using namespace std::chrono_literals;
using core::RetentionKey;
using store::PruneList;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

/// Everything before this time goes.
constexpr Timestamp before = at(1000), now = at(5000);

store::PruneRule rule(PruneList list) { return {list, before, now, 2}; }

/// Walks over the list to its end, and prunes; returns the number of rows.
int64_t prune(sql::Writer& tx, PruneList list) {
  int64_t rows = 0;
  store::PrunePage page;
  do {
    page = store::find_prunable(tx, rule(list), page.last);
    for (const int64_t id : page.ids) {
      for (bool is_gone = false; !is_gone;) {
        const auto pruned = store::prune(tx, rule(list), id);
        rows += pruned.rows;
        is_gone = pruned.is_gone;
      }
    }
  } while (!page.is_end);
  return rows;
}

std::vector<int64_t> ids(sql::Reader& db, const std::string& sql) {
  return db.all(sql, {}, [](const sql::Row& row) { return row.integer(0); });
}

/// An event with a delivery in each of these states, and its id.
EventId event(sql::Writer& tx, const Sample& s, Timestamp created_at,
              const std::vector<std::string>& states, const std::string& kind = "deployment") {
  const EventId id = store::insert_event(tx, s.event(kind, {}, created_at), "{}", s.actor);
  for (const std::string& state : states) {
    const auto hook = s.hook(tx, {"status"});
    tx.execute(
        "insert into delivery (event_id, hook_id, order_environment_id, state, next_attempt_at, "
        "created_at) values ($1, $2, 0, $3, $4, $4)",
        {id.value, hook.id.value, state, to_micros(created_at)});
  }
  return id;
}

/// An attempt of each delivery of the event.
void attempt(sql::Writer& tx, EventId id, Timestamp attempted_at) {
  tx.execute(
      "insert into delivery_attempt (delivery_id, hook_id, attempted_at, duration, status_code, "
      "status, request_headers, response_headers, response_body) select id, hook_id, $2, 1, 200, "
      "'OK', '{}', '{}', '' from delivery where event_id = $1",
      {id.value, to_micros(attempted_at)});
}

}  // namespace

TEST_CASE("retention: every table of the schema says what becomes of its rows") {
  for_each_engine([](sql::Database& db) {
    std::map<std::string, const core::TableGrowth*, std::less<>> known;
    for (const core::TableGrowth& table : core::table_growth()) {
      CAPTURE(table.table);
      CHECK(known.try_emplace(std::string(table.table), &table).second);
      CHECK((table.key.has_value() || !table.reason.empty()));
    }
    for (const std::string& table : test::read(db, test::table_names)) {
      // A table that grows needs a key of core/retention.h by which its rows go, a walk in
      // store/retention.cc, and a row in the table of docs/retention.md.
      INFO("the table ", table, " is not in core/retention.cc");
      CHECK(known.erase(table) == 1);
    }
    for (const auto& [table, growth] : known) {
      INFO("core/retention.cc names a table that the schema lacks");
      CHECK(table == "");
    }
  });
}

TEST_CASE("retention: each list belongs to a key, and each key has a list") {
  std::set<RetentionKey> keys;
  for (size_t i = 0; i < store::prune_list_count; ++i) {
    keys.insert(store::key_of(static_cast<PruneList>(i)));
  }
  CHECK(keys.size() == core::retention_key_count);
}

TEST_CASE("prune: an event's body stays while a delivery may need it, and its row stays always") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      std::set<int64_t> stay;
      for (const char* state : {"pending", "held", "dead"}) {
        stay.insert(event(tx, s, at(1), {"delivered", state}).value);
      }
      for (const char* state : {"delivered", "skipped", "cancelled"}) {
        event(tx, s, at(2), {state});
      }
      event(tx, s, at(3), {});
      const auto asked = event(tx, s, at(4), {"delivered"});
      stay.insert(asked.value);
      tx.execute(
          "insert into redelivery (delivery_id, created_at) select id, 0 from delivery where "
          "event_id = $1",
          {asked.value});
      event(tx, s, at(5), {}, "push");
      stay.insert(event(tx, s, at(6), {}, "push").value);  // the latest one, for a hook's test
      stay.insert(event(tx, s, before, {}).value);
      CHECK(prune(tx, PruneList::event_bodies) == 5);
      const auto left = ids(tx, "select event_id from event_body order by event_id");
      CHECK(std::set(left.begin(), left.end()) == stay);
      CHECK(tx.number("select count(*) from event") == 11);
      CHECK(prune(tx, PruneList::event_bodies) == 0);
      // What needed it is gone.
      tx.execute("delete from redelivery");
      tx.execute("update delivery set state = 'delivered' where state <> 'held'");
      CHECK(prune(tx, PruneList::event_bodies) == 3);
    });
  });
}

TEST_CASE("prune: attempts go by their own age; deliveries with their attempts, if all are old") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const std::vector<std::string> all = {"pending", "held",      "dead",
                                            "skipped", "cancelled", "delivered"};
      const auto old = event(tx, s, at(1), all);
      attempt(tx, old, at(2));
      const auto late = event(tx, s, at(3), all);  // was attempted only now
      attempt(tx, late, before);
      const auto young = event(tx, s, before, all);
      attempt(tx, young, before);
      const auto count = [&](const char* table, EventId of) {
        return tx.number(
            std::string("select count(*) from delivery d ") + table + " where d.event_id = $1",
            {of.value});
      };
      constexpr const char* attempts = "join delivery_attempt a on a.delivery_id = d.id";

      CHECK(prune(tx, PruneList::attempts) == 3);
      CHECK(count(attempts, old) == 3);
      CHECK(count(attempts, late) == 6);
      CHECK(count("", old) == 6);

      CHECK(prune(tx, PruneList::deliveries) == 3);
      CHECK(count("", old) == 3);
      CHECK(count("", late) == 6);
      CHECK(count("", young) == 6);

      CHECK(prune(tx, PruneList::dead_letters) == 2);  // with its attempt
      CHECK(count("", old) == 2);
      CHECK(ids(tx, "select count(*) from delivery where state = 'dead'").at(0) == 2);
      CHECK(count("", late) == 6);
    });
  });
}

TEST_CASE("prune: a delivery that somebody requested again stays") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      event(tx, s, at(1), {"delivered", "dead"});
      tx.execute("insert into redelivery (delivery_id, created_at) select id, $1 from delivery",
                 {to_micros(before)});
      CHECK(prune(tx, PruneList::deliveries) == 0);
      CHECK(prune(tx, PruneList::dead_letters) == 0);
      // A request that nobody could serve for so long goes.
      CHECK(prune(tx, PruneList::redeliveries) == 0);
      tx.execute("update redelivery set created_at = $1", {to_micros(before) - 1});
      CHECK(prune(tx, PruneList::redeliveries) == 2);
      CHECK(prune(tx, PruneList::deliveries) == 1);
      CHECK(prune(tx, PruneList::dead_letters) == 1);
    });
  });
}

TEST_CASE("prune: a log goes in pieces, and is no log from the first piece on") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto one = s.deployment(tx, "production"), two = s.deployment(tx, "production"),
                 young = s.deployment(tx, "production");
      store::DeploymentLog known;
      for (int part = 0; part < 40; ++part) {
        store::append_log(tx, one.id, known, "0123456789", at(1));
        known = test::found(store::find_log(tx, one.id));
      }
      store::append_log(tx, two.id, {}, "two", at(2));
      store::append_log(tx, young.id, {}, "young", before);
      core::DeploymentClaim claim;
      claim.deployment_id = two.id;
      claim.repository_id = s.repository.id;
      claim.owner = s.ada;
      claim.beat.boot.boot_id = "b";
      claim.id = store::insert_claim(tx, claim);

      const auto page = store::find_prunable(tx, rule(PruneList::run_logs), 0);
      CHECK(page.ids == std::vector{one.id.value});  // the other one is being run
      const auto first = store::prune(tx, rule(PruneList::run_logs), one.id.value);
      CHECK_FALSE(first.is_gone);
      CHECK_FALSE(store::find_log(tx, one.id));
      CHECK(first.rows + prune(tx, PruneList::run_logs) == 41);
      CHECK(store::find_log(tx, two.id));
      CHECK(store::find_log(tx, young.id));

      // Somebody who writes while a log is being pruned begins a new one.
      store::append_log(tx, one.id, {}, "again", at(1));
      for (int part = 1; part < 40; ++part) {
        store::append_log(tx, one.id, {part * 5, part}, "again", at(1));
      }
      CHECK_FALSE(store::prune(tx, rule(PruneList::run_logs), one.id.value).is_gone);
      CHECK(store::append_log(tx, one.id, {}, "anew", before));
      CHECK(store::read_log(tx, one.id, 0, 4) == "anew");
      CHECK(ids(tx, "select count(*) from deployment_log_part").at(0) == 3);
    });
  });
}

TEST_CASE("prune: keys, claims, intents and tokens of installations that have ended") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      for (int i = 0; i < 3; ++i) {
        const store::IdempotencyKeyOwner owner{s.ada.id, s.repository.id, std::to_string(i)};
        CHECK(store::take_idempotency_key(tx, owner, "", i < 2 ? at(1) : before, at(0)));
      }
      CHECK(prune(tx, PruneList::idempotency_keys) == 2);

      const auto deployment = s.deployment(tx, "production");
      core::DeploymentClaim claim;
      claim.deployment_id = deployment.id;
      claim.repository_id = s.repository.id;
      claim.owner = s.ada;
      claim.beat.boot.boot_id = "b";
      claim.claimed_at = at(1);
      for (const Timestamp ended_at : {at(2), before}) {
        store::insert_claim(tx, claim);
        store::end_claim(tx, deployment.id, core::ClaimEnd::released, ended_at);
      }
      store::insert_claim(tx, claim);
      CHECK(prune(tx, PruneList::claims) == 1);

      core::RefIntent intent;
      intent.repository_id = s.repository.id;
      intent.change = {"refs/heads/main", "a", "b"};
      intent.actor = s.actor;
      intent.created_at = at(1);
      for (const Timestamp settled_at : {at(2), before}) {
        const auto id = store::insert_ref_intent(tx, intent);
        store::settle_ref_intent(tx, id, core::RefOutcome::moved, settled_at);
      }
      store::insert_ref_intent(tx, intent);
      CHECK(prune(tx, PruneList::ref_intents) == 1);

      const auto app = test::add_app(tx, s.ada, "shop");
      const auto installation = test::add_installation(tx, app, s.ada);
      for (int i = 0; i < 3; ++i) {
        test::add_grant(tx, installation, std::to_string(i),
                        store::SelectedRepositories{{s.repository.id}});
      }
      tx.execute("update installation_token set expires_at = $1 where id = 1", {to_micros(at(9))});
      tx.execute("update installation_token set revoked_at = $1 where id = 2", {to_micros(at(9))});
      CHECK(prune(tx, PruneList::installation_tokens) == 4);
      CHECK(ids(tx, "select id from installation_token") == std::vector<int64_t>{3});
    });
  });
}

TEST_CASE("find_prunable: the walk ends at what is younger, and passes over the future") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      std::vector<int64_t> old;
      for (int i = 0; i < 600; ++i) old.push_back(event(tx, s, at(i), {}).value);
      // The clock was set forward, and back.
      event(tx, s, now + 1s, {});
      old.push_back(event(tx, s, at(700), {}).value);
      event(tx, s, before, {});
      event(tx, s, at(2), {});
      const auto first = store::find_prunable(tx, rule(PruneList::event_bodies), 0);
      CHECK(first.ids.size() == store::prune_page_rows);
      CHECK(first.oldest == at(0));
      CHECK_FALSE(first.is_end);
      const auto second = store::find_prunable(tx, rule(PruneList::event_bodies), first.last);
      CHECK(second.is_end);
      CHECK(second.ids.back() == old.back());
      CHECK(first.ids.size() + second.ids.size() == old.size());
    });
  });
}

TEST_CASE("retention moment: what was told last, or the time of the latest audit row") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      CHECK_FALSE(store::find_retention_moment(tx));
      store::insert_audit(tx, core::Actor::timer(), {.action = "x", .repository_id = {}}, at(7));
      CHECK(store::find_retention_moment(tx)->time == at(7));
      CHECK(store::find_retention_moment(tx)->boot.boot_id.empty());
      for (int i = 8; i < 10; ++i) {
        store::save_retention_moment(tx, {at(i), {"boot", std::chrono::microseconds(i)}});
        const auto moment = test::found(store::find_retention_moment(tx));
        CHECK(moment.time == at(i));
        CHECK(moment.boot.boot_id == "boot");
        CHECK(moment.boot.since_boot == std::chrono::microseconds(i));
      }
    });
  });
}

TEST_CASE("unkept commits: those of deleted deployments, until they are forgotten") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const std::string a(40, 'a'), b(40, 'b');
      for (const std::string& sha : {a, a, b}) {
        const auto made = s.deployment(tx, "production", "main", "deploy", sha);
        store::delete_deployment(tx, made.id);
      }
      s.deployment(tx, "production", "main", "deploy", b);
      auto rows = store::list_unkept_commits(tx, {}, 10);
      REQUIRE(rows.size() == 2);
      CHECK(rows[0].sha == a);
      CHECK_FALSE(store::is_deployed(tx, s.repository.path, a));
      CHECK(store::is_deployed(tx, s.repository.path, b));
      CHECK(store::list_unkept_commits(tx, rows[0], 10).size() == 1);
      store::forget_unkept_commit(tx, rows[0]);
      CHECK(store::list_unkept_commits(tx, {}, 10).size() == 1);
    });
  });
}
