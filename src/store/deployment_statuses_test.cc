#include "store/deployment_statuses.h"

#include <doctest/doctest.h>

#include "store/deployments.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

TEST_CASE("insert_status: keeps every field, and updates the deployment") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "staging");
      core::DeploymentStatus given;
      given.deployment_id = deployment.id;
      given.repository_id = s.repository.id;
      given.state = DeploymentState::in_progress;
      given.description = "läuft";
      given.environment = s.environment(tx, "canary");
      given.target_url = "https://ci.example/1";
      given.environment_url = "https://canary.example";
      given.creator = s.ada;
      given.created_at = at(9);
      const DeploymentStatusId id = store::insert_status(tx, deployment, given, s.actor);
      const auto read = found(store::find_status(tx, deployment.id, id));
      CHECK(read.id == id);
      CHECK(read.deployment_id == deployment.id);
      CHECK(read.repository_id == s.repository.id);
      CHECK(read.state == DeploymentState::in_progress);
      CHECK(read.description == "läuft");
      CHECK(read.environment.name == "canary");
      CHECK(read.target_url == given.target_url);
      CHECK(read.environment_url == given.environment_url);
      CHECK(read.creator.login == "ada");
      CHECK(read.created_at == at(9));
      CHECK(read.updated_at == at(9));

      const auto shown = found(store::find_deployment(tx, s.repository.id, deployment.id));
      CHECK(shown.state == DeploymentState::in_progress);
      CHECK(shown.environment.name == "canary");
      CHECK(shown.original_environment.name == "staging");
      CHECK(shown.updated_at == at(9));
      CHECK(shown.created_at == deployment.created_at);
    });
  });
}

TEST_CASE("insert_status: every state can be stored and read") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "staging");
      for (const auto& [state, name] : core::enum_names<DeploymentState>::values) {
        CHECK(s.status(tx, deployment, state).state == state);
        CHECK(found(store::find_deployment(tx, s.repository.id, deployment.id)).state == state);
      }
    });
  });
}

TEST_CASE("list_statuses: one deployment's, newest first, in pages") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "staging");
      const auto other = s.deployment(tx, "staging");
      std::vector<DeploymentStatusId> made;
      for (int i = 0; i < 5; ++i) {
        made.push_back(s.status(tx, deployment, DeploymentState::pending).id);
        s.status(tx, other, DeploymentState::pending);
      }
      auto first = store::list_statuses(tx, deployment.id, {1, 3});
      auto second = store::list_statuses(tx, deployment.id, {2, 3});
      CHECK(first.total_count == 5);
      CHECK(second.total_count == 5);
      REQUIRE(first.items.size() == 3);
      REQUIRE(second.items.size() == 2);
      CHECK(first.items[0].id == made[4]);
      CHECK(first.items[2].id == made[2]);
      CHECK(second.items[1].id == made[0]);
      CHECK_FALSE(store::find_status(tx, other.id, made[0]).has_value());
    });
  });
}
