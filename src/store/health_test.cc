#include "store/health.h"

#include <doctest/doctest.h>

#include "store/agent_tokens.h"
#include "store/audit.h"
#include "store/hook_health.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::Sample;

TEST_CASE("list_backup_times: the newest of them; find_latest_audit_time: of all actions") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      CHECK_FALSE(store::find_latest_audit_time(tx));
      CHECK(store::list_backup_times(tx).empty());
      for (int i = 1; i <= 12; ++i) {
        store::insert_audit(tx, core::Actor::timer(), {"backup.create", std::nullopt, i}, at(i));
      }
      store::insert_audit(tx, core::Actor::timer(), {"backup.restore", std::nullopt, 1}, at(20));
      store::insert_audit(tx, core::Actor::timer(), {"x.y", std::nullopt, 1}, at(2));
      CHECK(store::find_latest_audit_time(tx) == at(20));
      const auto times = store::list_backup_times(tx);
      CHECK(times.size() == 10);
      CHECK(times.front() == at(12));
      CHECK(times.back() == at(3));
    });
  });
}

TEST_CASE("list_hook_facts: places, breakers, and the dead letters of that time") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto well = s.hook(tx);
      const auto failing = s.hook(tx, {"*"}, "http://127.0.0.1:1/other");
      store::set_hook_health(tx, failing.id,
                             {.failure_count = 3, .failing_since = at(5), .probe_at = at(9)});
      for (const int64_t created : {1, 10, 11}) {
        const EventId event = test::found(std::optional(
            store::insert_event(tx, s.event("ping", std::nullopt, at(created)), "{}", s.actor)));
        tx.execute(
            "update delivery set state = 'dead', created_at = $1 where event_id = $2 and "
            "hook_id = $3",
            {to_micros(at(created)), event.value, failing.id.value});
      }
      const auto facts = store::list_hook_facts(tx, at(10));
      REQUIRE(facts.size() == 2);
      CHECK(facts[0].id == well.id.value);
      CHECK(facts[0].place == "ada/application");
      CHECK_FALSE(facts[0].failing_since);
      CHECK(facts[0].dead_count == 0);
      CHECK(facts[1].url == "http://127.0.0.1:1");
      CHECK(facts[1].failing_since == at(5));
      CHECK_FALSE(facts[1].is_disabled);
      CHECK(facts[1].dead_count == 2);
      store::disable_hook(tx, failing.id, "it failed for too long", at(12));
      CHECK(store::list_hook_facts(tx, at(10))[1].is_disabled);
    });
  });
}

TEST_CASE("list_agent_facts: the tokens of an environment, and what waits there") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto add = [&](const std::string& name, const std::string& environment,
                           int64_t created) {
        core::AgentGrant grant;
        grant.account = s.ada;
        grant.repository_id = s.repository.id;
        grant.token.name = name;
        grant.token.created_at = at(created);
        grant.environments.emplace(s.environment(tx, environment).id, environment);
        return store::insert_agent_token(tx, grant, name + environment);
      };
      const auto wait = [&](const std::string& environment, int64_t created) {
        const auto made = s.deployment(tx, environment);
        tx.execute("update deployment set created_at = $2, phase = 'released' where id = $1",
                   {made.id.value, to_micros(at(created))});
        return made;
      };
      CHECK(store::list_agent_facts(tx, at(0)).empty());
      add("web-1", "production", 10);
      const auto second = add("", "production", 20);
      const auto revoked = add("old", "staging", 1);
      store::revoke_agent_token(tx, revoked, at(2));
      store::touch_agent_token(tx, second, at(50));
      wait("production", 5);  // before there was an agent
      wait("production", 30);
      wait("production", 40);
      const auto done = wait("production", 41);
      s.status(tx, done, core::DeploymentState::success);
      wait("staging", 30);
      const auto facts = store::list_agent_facts(tx, at(60));
      REQUIRE(facts.size() == 1);
      CHECK(facts[0].repository == "ada/application");
      CHECK(facts[0].environment == "production");
      CHECK(facts[0].tokens.size() == 2);
      CHECK(facts[0].tokens[0].ends_with("(web-1)"));
      CHECK(facts[0].last_seen == at(50));
      CHECK(facts[0].waiting_count == 2);
      CHECK(facts[0].waiting_since == at(30));
    });
  });
}
