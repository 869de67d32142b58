#include <doctest/doctest.h>

#include "app/custom_rules.h"
#include "app/ref_intents.h"
#include "app/timers.h"
#include "core/operations/deployments.h"
#include "support/plans.h"
#include "support/route_requests.h"

using namespace esclusa;
using namespace std::chrono_literals;

// No request reads a whole table. The statements are those that ran, for a request to each route
// and for the timers; `src/hooks/walk_test.cc` has those of the delivery worker.

namespace {

constexpr auto sqlite = sql::Engine::sqlite;
constexpr auto postgres = sql::Engine::postgres;

constexpr test::KnownScan known_scans[] = {
    // What it reads is what is asked for.
    {"from account a order by a.login_key", "the list of all accounts"},
    {"p.removed_at is null order by p.slug_key", "the list of all apps"},
    {"k.added_by_id = $1", "keys are few, and this is asked when an app goes"},
    {"a.login_key like $1", "a search by a part of the name", sqlite},
    {"from ref_intent i", "an index of open intents only"},
    {"delete from redelivery where exists", "requests that wait are few", sqlite},
    {"data_identity", "one row"},
    {"from sqlite_master", "the tables of the schema, once in a rotation", sqlite},
    {"key_rotation", "one row at most"},
    {"delete from environment_key where retired_at", "a rotation reads all keys"},
    {"update environment_key set retired_at", "a rotation reads all keys"},
    {"event_id_seq", "a sequence has one row", postgres},
    {"select h.id, h.events", "PostgreSQL prefers it for few hooks", postgres},
    {"h.app_id = $1", "PostgreSQL prefers it for few hooks", postgres},
    {"d.phase = 'held'", "an index of what is held only", postgres},
    {"update delivery set state = 'cancelled' where id in", "an index of what waits only"},
    {"from redelivery r join delivery d", "requests that wait are few"},
    {"left join agent_seen s", "the newest of the tokens of agents, which are few"},
    {"from repository r join account o", "a list of repositories is judged one by one"},
    {"h.failing_since, h.probe_at, o.login", "esclusa doctor looks at all webhooks"},
    {"t.created_at, t.last_used_at, t.repository_id", "esclusa doctor looks at all agents"},
    {"d.event_id = b.event_id", "an index of what is not delivered only", postgres},
    {"d.state in ('dead') and d.state <> 'delivered'", "an index of dead letters only", postgres},
    {"s.token_id is not null and t.revoked_at is null", "the newest tokens, as many as are shown",
     postgres},
    {"not exists (select 1 from deployment_claim c", "an index of live claims only", postgres},
};

/// A world whose statements are observed: what is changed in `undoing` is not kept.
struct Observed {
  app::Context context(store::Database& database, std::chrono::hours later = 0h) {
    const app::Context& real = world.keeping();
    return {.database = database,
            .sealer = real.sealer,
            .now = [&real, later] { return real.now() + later; },
            .boot_now =
                [&real, later] {
                  BootTime time = real.boot_now();
                  time.since_boot += later;
                  return time;
                },
            .event_urls = real.event_urls,
            .repositories_directory = real.repositories_directory,
            .committed = [](app::Topics) {},
            .token_use = real.token_use,
            .keys = world.undoing().keys};
  }

  /// Sends it as ada; returns the body of the answer.
  std::string ask(api::Api& api, const std::string& method, const std::string& path, int status,
                  const std::string& body = "") {
    auto request = test::make_request(method, path);
    request.headers = {{"Authorization", "Bearer " + world.token("ada", "repo")},
                       {"Idempotency-Key", method + path}};
    request.body = body;
    const auto response = api.serve(request);
    CAPTURE(path);
    CAPTURE(response.body);
    CHECK(response.status == status);
    return response.body;
  }

  sql::Engine engine() {
    return test::read(world.keeping().database, [](sql::Reader& db) { return db.engine(); });
  }

  test::AccessWorld world;
  test::Plans plans;
  test::ObservedDatabase undoing_database{world.undoing().database, plans.observer()};
  test::ObservedDatabase keeping_database{world.keeping().database, plans.observer()};
  app::Context undoing = context(undoing_database);
  app::Context keeping = context(keeping_database);
  api::Api undoing_api{undoing, world.settings()};
  api::Api keeping_api{keeping, world.settings()};
};

constexpr const char* filters[] = {
    "/deployments?sha=abc",
    "/deployments?ref=main",
    "/deployments?task=deploy",
    "/deployments?environment=production",
    "/deployments?creator=ada",
    "/deployments?state=success",
    "/deployments?created=%3E2026-01-01",
    "/deployments?page=3&per_page=100",
    "/commits/main/check-runs?check_name=build&filter=all",
    "/commits/main/check-runs?status=completed&filter=latest",
    "/collaborators?affiliation=direct",
    "/collaborators?permission=push",
};

/// A deployment that waits for a reviewer and for a time, is approved, and succeeds later.
void deploy_past_gates(Observed& server) {
  const auto ask = [&](const char* method, const std::string& path, int status,
                       const std::string& body) {
    const auto answer =
        server.ask(server.keeping_api, method, "/repos/ada/private" + path, status, body);
    return test::must(Json::parse(answer));
  };
  const auto ada = test::read(server.world.keeping().database, [](sql::Reader& db) {
    return test::found(store::find_account(db, "ada"));
  });
  const auto environment = ask("PUT", "/environments/reviewed", 200,
                               R"({"wait_timer": 30, "reviewers": [{"type": "User", "id": )" +
                                   std::to_string(ada.id.value) + "}]}");
  const auto held = ask("POST", "/deployments", 201, R"({"ref": "main", "required_contexts": [],
                        "environment": "reviewed"})");
  const std::string id = std::to_string(held.integer_at("id").value());
  ask("POST", "/actions/runs/" + id + "/pending_deployments", 200,
      R"({"state": "approved", "comment": "", "environment_ids": [)" +
          std::to_string(environment.integer_at("id").value()) + "]}");
  const app::Context later = server.context(server.keeping_database, 48h);
  app::GateTimer timer(later);
  timer.look();
  timer.look_at_all();
  ask("POST", "/deployments/" + id + "/statuses", 201, R"({"state": "success"})");
}

/// A deployment that an app is asked about, and approves.
void deploy_past_an_app(Observed& server) {
  const auto access = test::write(server.keeping_database, [](store::Writer& tx) {
    const core::Account ada = test::found(store::find_account(tx, "ada"));
    auto entered = test::must(app::enter(tx, core::Actor::by_session(ada),
                                         app::RepositoryName{"ada", "private"},
                                         core::operations::answer_custom_rule));
    const core::App app = test::found(store::find_app(tx, "checker-of-ada"));
    entered.actor = core::Actor::by_installation(
        {app, test::found(store::find_installation(tx, app.id, ada.id)), {}});
    test::add_app_hook(tx, app, ada.id);
    return entered;
  });
  // Another address, and so another Idempotency-Key.
  const auto held = test::must(Json::parse(
      server.ask(server.keeping_api, "POST", "/api/v3/repos/ada/private/deployments", 201,
                 R"({"ref": "main", "required_contexts": [], "environment": "checked"})")));
  test::must(app::answer_custom_rule(server.keeping, access, {held.integer_at("id").value()},
                                     {"checked", core::CustomRuleState::approved, "fine"}));
}

}  // namespace

TEST_CASE("plans: no request reads a whole table, nor do the timers") {
  Observed server;
  for (const auto& row : test::requests_to_network(server.world)) {
    CHECK(server.undoing_api.serve(row.request).status == row.answer);
  }
  for (const auto& row : test::requests_at_sockets(server.world)) {
    const bool is_kept = row.request.door == http::Door::ssh || row.request.method == "PATCH";
    CHECK((is_kept ? server.keeping_api : server.undoing_api).serve(row.request).status ==
          row.answer);
  }
  for (const char* filter : filters) {
    server.ask(server.undoing_api, "GET", "/repos/ada/private" + std::string(filter), 200);
  }
  // Looks for the live before.
  server.ask(server.undoing_api, "POST", "/esclusa/repos/ada/private/environments/served/rollback",
             422, R"({"reason": "It burns."})");
  deploy_past_gates(server);
  deploy_past_an_app(server);
  app::settle_left_intents(server.keeping, 0s);
  server.keeping.token_use.flush(server.keeping_database);
  CHECK(test::unknown_scans(server.plans, server.engine(), known_scans) == "");
  CHECK(server.plans.all().size() > 150);
}

TEST_CASE("plans: each filter of the list of deployments has an index") {
  struct Filter {
    const char* query;
    const char* column;
  };
  // The list by time goes by blocks of ids.
  constexpr Filter filters[] = {
      {"environment=production", "environment_id"},
      {"sha=abc", "sha"},
      {"ref=main", "ref"},
      {"task=deploy", "task"},
      {"creator=ada", "creator_id"},
      {"state=success", "state"},
      {"created=%3E2026-01-01", "id"},
  };
  for (const Filter& filter : filters) {
    CAPTURE(filter.query);
    Observed server;
    server.ask(server.undoing_api, "GET",
               "/repos/ada/private/deployments?" + std::string(filter.query), 200);
    size_t count = 0;
    for (const auto& [statement, plan] : server.plans.all()) {
      if (!statement.contains("from deployment d ")) continue;
      CAPTURE(statement);
      CAPTURE(plan);
      // With so few rows every index costs the same to PostgreSQL, which takes any.
      CHECK(test::Plans::searches_by(plan, server.engine() == sqlite ? filter.column : ""));
      ++count;
    }
    CHECK(count > 0);
  }
}
