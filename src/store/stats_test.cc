#include "store/stats.h"

#include <doctest/doctest.h>

#include "base/stats_limits.h"
#include "support/database_fixture.h"
#include "support/plans.h"
#include "support/sqlite_steps.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

/// Deployments of one repository.
struct History {
  explicit History(sql::Writer& rows) : tx(rows), own(rows) {}

  core::Deployment deploy(const std::string& environment, int64_t made_at,
                          const std::string& sha_digit, bool is_transient = false,
                          const std::string& task = "deploy", bool is_production = true) {
    core::Deployment made;
    made.repository_id = own.repository.id;
    made.environment = made.original_environment = own.environment(tx, environment);
    made.ref = "main";
    made.task = task;
    made.sha = std::string(39, '0') + sha_digit;
    made.payload = "{}";
    made.creator = own.ada;
    made.transient_environment = is_transient;
    made.production_environment = is_production;
    made.created_at = made.updated_at = at(made_at);
    made.id = store::insert_deployment(tx, made, own.actor);
    return made;
  }

  void report(const core::Deployment& deployment, int64_t reported_at, DeploymentState state,
              const std::string& environment = "") {
    core::DeploymentStatus status;
    status.deployment_id = deployment.id;
    status.repository_id = own.repository.id;
    status.state = state;
    status.environment =
        environment.empty() ? deployment.environment : own.environment(tx, environment);
    status.creator = own.ada;
    status.created_at = status.updated_at = at(reported_at);
    store::insert_status(tx, deployment, status, own.actor);
  }

  /// A deployment with one outcome.
  core::Deployment decide(int64_t when, const std::string& sha_digit,
                          DeploymentState state = DeploymentState::success) {
    const auto made = deploy("production", when - 1, sha_digit);
    report(made, when, state);
    return made;
  }

  EnvironmentNameId production() { return own.environment(tx, "production").id; }

  /// `0@10+` for each outcome: the last digit of the commit, the time, success or not; `r` for a
  /// rollback, `d` if it was decided before, `s` if it had succeeded.
  std::string between(int64_t since, int64_t until, int count = 100) {
    const auto found =
        store::list_outcomes(tx, production(), "deploy", {at(since), at(until)}, count);
    if (!found) return "too many";
    std::string text;
    for (const core::Outcome& one : found->outcomes) {
      text += (text.empty() ? "" : " ") + one.sha.substr(39) + "@" +
              std::to_string(to_micros(one.at) - to_micros(at(0))) + (one.is_success ? "+" : "-") +
              (one.is_rollback ? "r" : "") + (one.was_decided ? "d" : "") +
              (one.had_succeeded ? "s" : "");
    }
    return text;
  }

  sql::Writer& tx;
  Sample own;
};

void on_each_engine(const std::function<void(History&)>& test) {
  for_each_engine([&](sql::Database& db) {
    test::write(db, [&](sql::Writer& tx) {
      History history(tx);
      test(history);
    });
  });
}

}  // namespace

TEST_CASE("list_outcomes: from the release before the range to the success after it") {
  on_each_engine([](History& history) {
    history.decide(10, "0");
    history.decide(20, "1");
    history.decide(30, "2", DeploymentState::error);
    history.decide(40, "3");
    history.decide(50, "4", DeploymentState::failure);
    history.decide(60, "5", DeploymentState::failure);
    history.decide(70, "6");
    history.decide(80, "7");
    CHECK(history.between(35, 55) == "1@20+ 2@30- 3@40+ 4@50- 5@60- 6@70+");
    CHECK(history.between(40, 50) == "1@20+ 2@30- 3@40+ 4@50- 5@60- 6@70+");
    CHECK(history.between(0, 1000) == "0@10+ 1@20+ 2@30- 3@40+ 4@50- 5@60- 6@70+ 7@80+");
    CHECK(history.between(90, 100) == "7@80+");
    CHECK(history.between(1, 2) == "0@10+");
  });
}

TEST_CASE(
    "list_outcomes: other tasks, environments, states and transient deployments are no part") {
  on_each_engine([](History& history) {
    history.report(history.deploy("production", 1, "1", true), 2, DeploymentState::success);
    history.report(history.deploy("production", 1, "2", false, "migrate"), 3,
                   DeploymentState::success);
    history.report(history.deploy("staging", 1, "3"), 4, DeploymentState::success);
    const auto moved = history.deploy("staging", 1, "4");
    history.report(moved, 5, DeploymentState::success, "production");
    const auto plain = history.decide(6, "5");
    history.report(plain, 7, DeploymentState::inactive);
    CHECK(history.between(0, 100) == "4@5+ 5@6+");
    // What is of other tasks is read, and so it counts for the limit.
    CHECK(history.between(0, 100, 4) == "4@5+ 5@6+");
    CHECK(history.between(0, 100, 3) == "too many");
  });
}

TEST_CASE("list_outcomes: says what was decided before, and finds the first success of a release") {
  on_each_engine([](History& history) {
    const auto one = history.decide(10, "1", DeploymentState::failure);
    history.report(one, 11, DeploymentState::success);
    const auto two = history.decide(20, "2");
    const auto back = history.decide(30, "1");
    history.tx.execute("update deployment set kind = 'rollback' where id = $1", {back.id.value});
    history.report(one, 40, DeploymentState::success);  // again: no release
    history.report(two, 50, DeploymentState::failure);
    CHECK(history.between(45, 60) == "2@20+ 1@30+r 1@40+ds 2@50-");
    CHECK(history.between(41, 60) == history.between(45, 60));
    CHECK(history.between(11, 12) == "1@10- 1@11+ 2@20+");
  });
}

TEST_CASE("list_outcomes: looks further back than a few rows, but not at everything") {
  on_each_engine([](History& history) {
    history.decide(10, "1");
    for (int i = 0; i < 30; ++i) history.decide(20 + i, "2", DeploymentState::failure);
    history.decide(100, "3");
    CHECK(history.between(60, 90).starts_with("1@10+ 2@20-"));
    CHECK(history.between(12, 15).ends_with("2@49- 3@100+"));
  });
}

TEST_CASE("list_production_environments: by the newest deployment of the task") {
  on_each_engine([](History& history) {
    history.deploy("eu", 1, "1");
    history.deploy("us", 1, "1");
    history.deploy("us", 2, "1", false, "deploy", false);
    history.deploy("pr-1", 1, "1", true);
    history.deploy("migrated", 1, "1", false, "migrate");
    const auto names = [&](std::string_view task, int count) {
      std::string text;
      const auto found =
          store::list_production_environments(history.tx, history.own.repository.id, task, count);
      for (const auto& one : found.value()) text += one.name + " ";
      return text;
    };
    CHECK(names("deploy", 9) == "eu ");
    CHECK(names("migrate", 9) == "migrated ");
    history.deploy("us", 3, "1");
    CHECK(names("deploy", 9) == "eu us ");
    CHECK(names("deploy", 1) == "eu ");
    CHECK_FALSE(store::find_first_outcome(history.tx, history.production()));
    history.decide(7, "1");
    history.decide(8, "1");
    CHECK(store::find_first_outcome(history.tx, history.production()) == at(7));
  });
}

TEST_CASE("stats: no statement reads a whole table") {
  for_each_engine([](sql::Database& db) {
    const auto [repository, environment] = test::write(db, [](sql::Writer& tx) {
      History history(tx);
      history.decide(10, "1");
      history.report(history.decide(20, "2", DeploymentState::failure), 25,
                     DeploymentState::success);
      return std::pair(history.own.repository.id, history.production());
    });
    test::Plans plans;
    test::ObservedDatabase observed(db, plans.observer());
    test::must(observed.read([&](sql::Reader& rows) {
      store::list_production_environments(rows, repository, "deploy", 10);
      store::find_first_outcome(rows, environment);
      store::list_outcomes(rows, environment, "deploy", {at(22), at(30)}, 10);
    }));
    CHECK(plans.all().size() == 6);
    CHECK(test::unknown_scans(plans, db.engine(), {}) == "");
    for (const auto& [sql, plan] : plans.all()) {
      if (db.engine() != sql::Engine::sqlite || !sql.contains("$4) s join")) continue;
      CAPTURE(plan);
      CHECK(plan.contains("deployment_status_outcome"));
    }
  });
}

TEST_CASE("stats: cost the same however long the history before and after is") {
  const test::SqliteSteps steps;
  const auto cost = [&](int count) {
    test::SqliteStore store;
    return test::write(store.database(), [&](sql::Writer& tx) {
      History history(tx);
      history.decide(-5, "1");
      history.decide(-4, "2");
      const auto old = history.decide(-1, "3");
      const auto status = tx.number("select max(id) from deployment_status");
      for (const int64_t moved : {int64_t{-1}, int64_t{1}}) {
        tx.execute(
            "with recursive number (n) as (select 1 union all select n + 1 from number where n < "
            "$1) insert into deployment_status (deployment_id, state, description, "
            "environment_id, target_url, environment_url, creator_id, created_at, updated_at) "
            "select s.deployment_id, s.state, '', s.environment_id, '', '', s.creator_id, "
            "s.created_at + $2 * (n + 1000), s.updated_at from number cross join "
            "deployment_status s where s.id = $3",
            {count, moved, status});
      }
      history.decide(10, "4");
      history.decide(20, "5", DeploymentState::failure);
      history.decide(30, "6");
      return steps.of([&] { CHECK(history.between(5, 25) == "3@-1+ 4@10+ 5@20- 6@30+"); });
    });
  };
  const auto few = cost(100), many = cost(20'000);
  CHECK(few > 0);
  CHECK(many <= few * 3 / 2);
}
