#include "app/deployment_statuses.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::must;

namespace {

/// A repository with a commit, and short helpers for the tests.
struct StatusFixture : test::AppFixture {
  StatusFixture() { git.commit("main", "a", "1"); }

  core::Deployment deploy(const std::string& environment = "staging", bool transient = false,
                          std::optional<bool> production = {}) {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    input.transient_environment = transient;
    input.production_environment = production;
    return AppFixture::deploy(access(), input);
  }
  Result<core::DeploymentStatus> try_report(DeploymentId id,
                                            const core::NewDeploymentStatus& input) {
    return app::create_status(context, access(), id, input);
  }
  core::DeploymentStatus report(const core::Deployment& deployment, DeploymentState state,
                                bool auto_inactive = true,
                                std::optional<std::string> environment = {}) {
    core::NewDeploymentStatus input;
    input.state = state;
    input.auto_inactive = auto_inactive;
    input.environment = std::move(environment);
    return must(try_report(deployment.id, input));
  }
  std::optional<DeploymentState> state_of(const core::Deployment& deployment) {
    return must(read([&](store::Reader& db) {
             return app::get_deployment(db, access(), deployment.id);
           }))
        .state;
  }
  const app::RepositoryAccess& access() {
    if (!access_) access_ = add(git);
    return *access_;
  }

  test::GitFixture git;

 private:
  std::optional<app::RepositoryAccess> access_;
};

}  // namespace

TEST_CASE("create_status: stores the status, updates the deployment, sends an event, is audited") {
  StatusFixture app;
  const auto deployment = app.deploy();
  const auto events = app.events().size(), audits = app.audits().size();
  app.told = {};
  app.now = at(9);
  core::NewDeploymentStatus input;
  input.state = DeploymentState::in_progress;
  input.description = "läuft";
  input.target_url = "https://ci.example/1";
  input.environment_url = "https://staging.example";
  const auto made = must(app.try_report(deployment.id, input));

  const auto read = must(app.read([&](store::Reader& db) {
    return app::get_status(db, app.access(), deployment.id, made.id);
  }));
  CHECK(read.state == DeploymentState::in_progress);
  CHECK(read.description == "läuft");
  CHECK(read.target_url == "https://ci.example/1");
  CHECK(read.environment_url == "https://staging.example");
  CHECK(read.environment.name == "staging");
  CHECK(read.creator.login == "ada");
  CHECK(read.created_at == at(9));
  const auto shown = must(app.read(
      [&](store::Reader& db) { return app::get_deployment(db, app.access(), deployment.id); }));
  CHECK(shown.state == DeploymentState::in_progress);
  CHECK(shown.updated_at == at(9));
  CHECK(app.events().size() == events + 1);
  CHECK(app.audits().size() == audits + 1);
  CHECK(app.told.events);
  CHECK(app.told.events);
  CHECK_FALSE(app.told.deliveries);  // no hook wants the event
  auto body = must(Json::parse(app.events("deployment_status").at(0).body));
  CHECK(body.string_at("action") == "created");
  CHECK(body.string_at("deployment_status", "state") == "in_progress");
  CHECK(body.find("deployment")->integer_at("id") == deployment.id.value);
}

TEST_CASE("create_status: events of a deployment are numbered without a gap") {
  StatusFixture app;
  const auto one = app.deploy(), two = app.deploy();
  app.report(one, DeploymentState::queued);
  app.report(two, DeploymentState::queued);
  app.report(one, DeploymentState::in_progress);
  app.report(one, DeploymentState::failure);
  std::vector<int64_t> numbers;
  for (const test::StoredEvent& stored : app.events()) {
    if (stored.event.deployment_id == one.id) numbers.push_back(stored.event.event_no);
  }
  CHECK(numbers == std::vector<int64_t>{1, 2, 3, 4});
}

TEST_CASE("create_status: another environment becomes the deployment's environment") {
  StatusFixture app;
  const auto deployment = app.deploy("staging");
  app.report(deployment, DeploymentState::in_progress, true, "canary");
  auto shown = must(app.read(
      [&](store::Reader& db) { return app::get_deployment(db, app.access(), deployment.id); }));
  CHECK(shown.environment.name == "canary");
  CHECK(shown.original_environment.name == "staging");
  app.report(deployment, DeploymentState::success);
  shown = must(app.read(
      [&](store::Reader& db) { return app::get_deployment(db, app.access(), deployment.id); }));
  CHECK(shown.environment.name == "canary");
}

TEST_CASE("create_status: refuses invalid input, and stores nothing") {
  StatusFixture app;
  const auto deployment = app.deploy();
  const auto events = app.events().size();
  core::NewDeploymentStatus too_long, bad_link;
  too_long.description = std::string(141, 'x');
  bad_link.target_url = "javascript:alert(1)";
  for (const auto& input : {too_long, bad_link}) {
    auto refused = app.try_report(deployment.id, input);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
  }
  CHECK(app.try_report(DeploymentId{999}, {}).error().code == ErrorCode::not_found);
  CHECK(app.events().size() == events);
  CHECK(app.row_count("deployment_status") == 0);
}

TEST_CASE("create_status: not found through another repository") {
  StatusFixture app;
  const auto deployment = app.deploy();
  const auto status = app.report(deployment, DeploymentState::queued);
  test::GitFixture other_git;
  other_git.commit("main", "a", "1");
  const auto other = app.add(other_git, true, {}, "other");
  auto code = [](const auto& result) { return result.error().code; };
  CHECK(code(app::create_status(app.context, other, deployment.id, {})) == ErrorCode::not_found);
  CHECK(code(app.read([&](store::Reader& db) {
          return app::get_status(db, other, deployment.id, status.id);
        })) == ErrorCode::not_found);
  CHECK(code(app.read([&](store::Reader& db) {
          return app::list_statuses(db, other, deployment.id, {});
        })) == ErrorCode::not_found);
  CHECK(app.row_count("deployment_status") == 1);
}

TEST_CASE("get_status and list_statuses: those of one deployment, newest first") {
  StatusFixture app;
  const auto one = app.deploy(), two = app.deploy();
  const auto first = app.report(one, DeploymentState::queued);
  app.report(two, DeploymentState::queued);
  const auto second = app.report(one, DeploymentState::failure);
  auto listing = must(app.read(
      [&](store::Reader& db) { return app::list_statuses(db, app.access(), one.id, {}); }));
  REQUIRE(listing.items.size() == 2);
  CHECK(listing.total_count == 2);
  CHECK(listing.items[0].id == second.id);
  CHECK(listing.items[1].id == first.id);
  CHECK(app.read([&](store::Reader& db) {
             return app::get_status(db, app.access(), two.id, first.id);
           })
            .error()
            .code == ErrorCode::not_found);
  CHECK(app.read([&](store::Reader& db) {
             return app::list_statuses(db, app.access(), DeploymentId{999}, {});
           })
            .error()
            .code == ErrorCode::not_found);
}

TEST_CASE("auto_inactive: a success replaces the older successes of its environment") {
  StatusFixture app;
  const auto one = app.deploy(), two = app.deploy(), three = app.deploy();
  app.report(one, DeploymentState::success);
  app.report(two, DeploymentState::success, false);
  const auto events = app.events().size();
  const auto audits = app.audits().size();
  app.report(three, DeploymentState::success);
  CHECK(app.state_of(one) == DeploymentState::inactive);
  CHECK(app.state_of(two) == DeploymentState::inactive);
  CHECK(app.state_of(three) == DeploymentState::success);
  CHECK(app.events().size() == events + 3);
  CHECK(app.audits().size() == audits + 1);
  auto listing = must(app.read(
      [&](store::Reader& db) { return app::list_statuses(db, app.access(), one.id, {}); }));
  REQUIRE(listing.items.size() == 2);
  CHECK(listing.items[0].state == DeploymentState::inactive);
  CHECK(listing.items[0].environment.name == "staging");
}

TEST_CASE("auto_inactive: an inactive status makes an event, but no delivery") {
  StatusFixture app;
  must(app::create_hook(
      app.context, app.access(),
      {.config = core::HookConfig{.url = "http://127.0.0.1:1/", .secret = std::nullopt},
       .events = std::vector<std::string>{"deployment_status"},
       .add_events = {},
       .remove_events = {},
       .active = true}));
  const auto one = app.deploy(), two = app.deploy();
  app.report(one, DeploymentState::success);
  app.report(two, DeploymentState::success);
  CHECK(app.events("deployment_status").size() == 3);
  CHECK(app.announced_events("deployment_status").size() == 2);
  CHECK(std::ranges::count(app.deliveries(), "deployment_status", &test::StoredDelivery::event) ==
        2);
}

TEST_CASE("auto_inactive: does not change transient and production environments") {
  StatusFixture app;
  const auto transient = app.deploy("staging", true);
  const auto production = app.deploy("staging", false, true);
  const auto newer = app.deploy("staging");
  app.report(transient, DeploymentState::success);
  app.report(production, DeploymentState::success);
  app.report(newer, DeploymentState::success);
  CHECK(app.state_of(transient) == DeploymentState::success);
  CHECK(app.state_of(production) == DeploymentState::success);
}

TEST_CASE("auto_inactive: does not change running or failed deployments, or other environments") {
  StatusFixture app;
  const auto at_work = app.deploy(), failed = app.deploy(), elsewhere = app.deploy("canary");
  const auto newer = app.deploy();
  app.report(at_work, DeploymentState::in_progress);
  app.report(failed, DeploymentState::failure);
  app.report(elsewhere, DeploymentState::success);
  app.report(newer, DeploymentState::success);
  CHECK(app.state_of(at_work) == DeploymentState::in_progress);
  CHECK(app.state_of(failed) == DeploymentState::failure);
  CHECK(app.state_of(elsewhere) == DeploymentState::success);
}

TEST_CASE("auto_inactive: only by a success of a newer deployment with auto_inactive set") {
  StatusFixture app;
  const auto one = app.deploy(), two = app.deploy(), three = app.deploy();
  app.report(two, DeploymentState::success);
  app.report(three, DeploymentState::in_progress);
  CHECK(app.state_of(two) == DeploymentState::success);
  app.report(three, DeploymentState::success, false);
  CHECK(app.state_of(two) == DeploymentState::success);
  app.report(one, DeploymentState::success);
  CHECK(app.state_of(two) == DeploymentState::success);
  CHECK(app.state_of(three) == DeploymentState::success);
}

TEST_CASE("auto_inactive: in the environment that the status moved the deployment to") {
  StatusFixture app;
  const auto staging = app.deploy("staging"), canary = app.deploy("canary");
  app.report(staging, DeploymentState::success);
  app.report(canary, DeploymentState::success);
  const auto newer = app.deploy("staging");
  app.report(newer, DeploymentState::success, true, "canary");
  CHECK(app.state_of(staging) == DeploymentState::success);
  CHECK(app.state_of(canary) == DeploymentState::inactive);
}
