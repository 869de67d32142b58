#include "store/events.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "store/feed.h"
#include "store/hooks.h"
#include "support/app_rows.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

/// The hooks that receive the event, by id.
std::vector<HookId> receivers(sql::Reader& db, EventId event) {
  return db.all("select hook_id from delivery where event_id = $1 order by hook_id", {event.value},
                [](const sql::Row& row) { return HookId{row.integer(0)}; });
}

using Hooks = std::vector<HookId>;

}  // namespace

TEST_CASE("insert_event: keeps every field, and the body byte for byte") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "staging");
      core::Event event = s.event("deployment_status", deployment.environment.id, at(8));
      event.deployment_id = deployment.id;
      const std::string body = R"({"text":"ä \u0000 'quoted'","n":1.0})";
      const EventId id = store::insert_event(tx, event, body, s.actor);
      auto columns = tx.one(
          "select guid, kind, action, repository_id, environment_id, deployment_id, actor_id, "
          "actor_token_id, event_no, announced, created_at from event where id = $1",
          {id.value}, [](const sql::Row& row) {
            std::vector<std::string> values;
            for (int i = 0; i < 3; ++i) values.emplace_back(row.text(i));
            for (int i = 3; i < 11; ++i) {
              auto number = row.optional_integer(i);
              values.push_back(number ? std::to_string(*number) : "null");
            }
            return values;
          });
      const std::vector<std::string> expected = {event.guid,
                                                 "deployment_status",
                                                 "created",
                                                 std::to_string(s.repository.id.value),
                                                 std::to_string(deployment.environment.id.value),
                                                 std::to_string(deployment.id.value),
                                                 std::to_string(s.ada.id.value),
                                                 "null",
                                                 "1",
                                                 "1",
                                                 std::to_string(to_micros(at(8)))};
      CHECK(join(found(columns), "|") == join(expected, "|"));
      CHECK(store::event_body(tx, id) == body);
    });
  });
}

TEST_CASE("insert_event: numbers have no gaps within a deployment, and are absent without one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto one = s.deployment(tx, "staging"), two = s.deployment(tx, "staging");
      auto number_of = [&](std::optional<DeploymentId> deployment) {
        core::Event event = s.event("deployment");
        event.deployment_id = deployment;
        const EventId id = store::insert_event(tx, event, "{}", s.actor);
        return tx.number("select event_no from event where id = $1", {id.value});
      };
      CHECK(number_of(one.id) == 1);
      CHECK(number_of(two.id) == 1);
      CHECK(number_of(std::nullopt) == 0);
      CHECK(number_of(one.id) == 2);
      CHECK(number_of(one.id) == 3);
      CHECK(number_of(two.id) == 2);
    });
  });
}

TEST_CASE("insert_event: numbers have no gaps when several threads report at once") {
  for_each_engine([](sql::Database& db) {
    auto [s, deployment] = test::write(db, [](sql::Writer& tx) {
      const Sample made(tx);
      return std::pair(made, made.deployment(tx, "staging"));
    });
    constexpr int threads = 4, each = 10;
    std::vector<std::jthread> reporters;
    for (int t = 0; t < threads; ++t) {
      reporters.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          (void)db.write([&](sql::Writer& tx) -> Result<void> {
            core::Event event = s.event("deployment_status");
            event.deployment_id = deployment.id;
            store::insert_event(tx, event, "{}", s.actor);
            if (i % 2 == 0) return {};
            return fail(ErrorCode::conflict, "refused after the number was given");
          });
        }
      });
    }
    reporters.clear();
    auto numbers = test::read(db, [](sql::Reader& c) {
      return c.all("select event_no from event order by id", {},
                   [](const sql::Row& row) { return row.integer(0); });
    });
    REQUIRE(numbers.size() == threads * each / 2);
    std::ranges::sort(numbers);
    for (size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == static_cast<int64_t>(i + 1));
  });
}

TEST_CASE("insert_event: one delivery for each active hook that asked for it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto all = s.hook(tx, {"*"});
      const auto both = s.hook(tx, {"deployment", "deployment_status"});
      const auto status_only = s.hook(tx, {"deployment_status"});
      const auto similar = s.hook(tx, {"deploy_key", "deployment_status", "push"});
      core::Hook inactive = s.hook(tx, {"*"});
      inactive.active = false;
      store::update_hook(tx, test::sealer(), inactive);
      store::delete_hook(tx, s.hook(tx, {"*"}).id, at(1));
      other.hook(tx, {"*"});

      auto send = [&](const std::string& kind) {
        return receivers(tx, store::insert_event(tx, s.event(kind), "{}", s.actor));
      };
      CHECK(send("deployment") == Hooks{all.id, both.id});
      CHECK(send("deployment_status") == Hooks{all.id, both.id, status_only.id, similar.id});
      CHECK(send("push") == Hooks{all.id, similar.id});
    });
  });
}

TEST_CASE("insert_event: a ping goes to its hook only, even if the hook is inactive") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.hook(tx, {"*"});
      core::Hook pinged = s.hook(tx, {"push"});
      pinged.active = false;
      store::update_hook(tx, test::sealer(), pinged);
      core::Event ping = s.event("ping");
      ping.only_hook = pinged.id;
      CHECK(receivers(tx, store::insert_event(tx, ping, "{}", s.actor)) == Hooks{pinged.id});
    });
  });
}

TEST_CASE("insert_event: an organization's hook gets it, until it is deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Hook hook = s.hook(tx, {"status"});
      hook.target = s.ada.id;
      hook.events = {"push"};
      const HookId id = store::insert_hook(tx, test::sealer(), hook, s.ada.id);
      auto send = [&] {
        return receivers(tx, store::insert_event(tx, s.event("push"), "{}", s.actor));
      };
      CHECK(send() == Hooks{id});
      store::delete_hook(tx, id, at(1));
      CHECK(send().empty());
    });
  });
}

TEST_CASE("insert_event: the hook of an app gets the events of each installation that reaches") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::App app = test::add_app(tx, s.ada, "shop", "contents=read,metadata=read");
      app.events = {"push"};
      const HookId hook = test::add_app_hook(tx, app, app.bot.id);
      const auto send = [&](const char* kind) {
        return receivers(tx, store::insert_event(tx, s.event(kind), "{}", s.actor));
      };
      CHECK(send("push").empty());

      const auto installation = test::add_installation(tx, app, s.ada);
      CHECK(send("deployment").empty());
      const auto deaf =
          test::add_installation(tx, test::add_app(tx, s.ada, "deaf", "statuses=write"), s.ada);
      tx.execute("update installation set events = 'push' where id = $1", {deaf.id.value});
      test::add_app_hook(tx, found(store::find_app(tx, deaf.app_id)), s.ada.id);
      CHECK(send("push") == Hooks{hook});
      CHECK(tx.number("select installation_id from delivery order by id desc limit 1", {}) ==
            installation.id.value);

      store::set_suspended(tx, installation.id, at(2), s.ada.id, at(2));
      CHECK(send("push").empty());
      store::set_suspended(tx, installation.id, std::nullopt, std::nullopt, at(3));
      CHECK(send("push") == Hooks{hook});
      store::update_installation(tx, installation, std::vector<RepositoryId>{});
      CHECK(send("push").empty());
      store::update_installation(tx, installation, std::vector{s.repository.id});
      CHECK(send("push") == Hooks{hook});
      store::remove_installation(tx, installation.id, at(4));
      CHECK(send("push").empty());
    });
  });
}

TEST_CASE("insert_event: `*` does not ask for the events of apps") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.hook(tx, {"*"});
      const auto named = s.hook(tx, {"*", "deployment_review"});
      CHECK(receivers(tx, store::insert_event(tx, s.event("deployment_review"), "{}", s.actor)) ==
            Hooks{named.id});
    });
  });
}

TEST_CASE("insert_event: an event that is not announced has a row, but no delivery") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.hook(tx, {"*"});
      core::Event quiet = s.event("deployment_status");
      quiet.announced = false;
      const EventId id = store::insert_event(tx, quiet, "{}", s.actor);
      CHECK(receivers(tx, id).empty());
      CHECK(tx.number("select announced from event where id = $1", {id.value}) == 0);
    });
  });
}

TEST_CASE("insert_event: a rollback removes the event and its deliveries") {
  for_each_engine([](sql::Database& db) {
    auto refused = db.write([](sql::Writer& tx) -> Result<void> {
      const Sample s(tx);
      s.hook(tx, {"*"});
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      CHECK(tx.number("select count(*) from delivery") == 1);
      return fail(ErrorCode::conflict, "no");
    });
    CHECK_FALSE(refused.has_value());
    test::read(db, [](sql::Reader& c) {
      for (const char* table : {"event", "event_body", "delivery", "hook", "account"}) {
        CAPTURE(table);
        CHECK(c.number(std::string("select count(*) from ") + table) == 0);
      }
    });
  });
}
