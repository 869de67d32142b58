#include "store/live.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "support/database_fixture.h"
#include "support/everyday.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

constexpr const char* environments[] = {"production", "staging", "pr-1"};
constexpr const char* tasks[] = {"deploy", "deploy:web"};
constexpr DeploymentState states[] = {DeploymentState::success, DeploymentState::success,
                                      DeploymentState::failure, DeploymentState::in_progress,
                                      DeploymentState::inactive};

/// A random history, and what the plain rule says of it. The rule knows the deployments and their
/// statuses, and nothing of the table.
struct History {
  struct Status {
    int64_t id;
    DeploymentState state;
    int64_t environment;
  };
  struct Made {
    core::Deployment deployment;
    std::vector<Status> statuses;
  };

  explicit History(sql::Writer& tx, unsigned seed) : random(seed), own(tx) {}

  unsigned pick(unsigned count) { return static_cast<unsigned>(random() % count); }

  void create(sql::Writer& tx) {
    core::Deployment made;
    made.repository_id = own.repository.id;
    made.environment = made.original_environment = own.environment(tx, environments[pick(3)]);
    made.ref = "main";
    made.task = tasks[pick(2)];
    made.sha = std::string(40, 'a');
    made.payload = "{}";
    made.creator = own.ada;
    made.transient_environment = pick(3) == 0;
    made.phase = pick(5) == 0 ? core::DeploymentPhase::held : core::DeploymentPhase::released;
    made.created_at = made.updated_at = at(0);
    made.id = store::insert_deployment(tx, made, own.actor);
    all.push_back({made, {}});
  }

  void report(sql::Writer& tx) {
    Made& made = all[pick(static_cast<unsigned>(all.size()))];
    const core::Deployment before = made.deployment;
    core::DeploymentStatus status;
    status.deployment_id = before.id;
    status.repository_id = before.repository_id;
    status.state = states[pick(5)];
    status.environment =
        pick(6) == 0 ? own.environment(tx, environments[pick(3)]) : before.environment;
    status.creator = own.ada;
    status.created_at = status.updated_at = at(0);
    status.id = store::insert_status(tx, before, status, own.actor);
    made.deployment.environment = status.environment;
    made.deployment.state = status.state;
    made.statuses.push_back({status.id.value, status.state, status.environment.id.value});
  }

  void remove(sql::Writer& tx) {
    const auto place = all.begin() + pick(static_cast<unsigned>(all.size()));
    store::delete_deployment(tx, place->deployment.id);
    all.erase(place);
  }

  void go_on(sql::Writer& tx, int steps) {
    for (int i = 0; i < steps; ++i) {
      const unsigned dice = pick(10);
      if (all.empty() || dice < 3) {
        create(tx);
      } else if (dice < 9) {
        report(tx);
      } else {
        remove(tx);
      }
    }
  }

  /// The latest success since the deployment came to its environment; 0: none.
  static int64_t success_of(const Made& made) {
    for (auto status = made.statuses.rbegin(); status != made.statuses.rend(); ++status) {
      if (status->environment != made.deployment.environment.id.value) return 0;
      if (status->state == DeploymentState::success) return status->id;
    }
    return 0;
  }

  /// A line for each environment and task, as `lines` has them.
  std::vector<std::string> expected() const {
    std::map<core::LivePosition, std::vector<const Made*>> places;
    for (const Made& made : all) {
      places[{made.deployment.environment.id.value, made.deployment.task}].push_back(&made);
    }
    std::vector<std::string> lines;
    for (const auto& [position, deployments] : places) {
      const Made* latest_success = nullptr;
      int64_t latest = 0, waiting = 0;
      std::string transient;
      for (const Made* made : deployments) {
        const core::Deployment& d = made->deployment;
        latest = std::max(latest, d.id.value);
        waiting += d.phase == core::DeploymentPhase::held;
        if (d.transient_environment) {
          if (d.state == DeploymentState::success)
            transient = " " + std::to_string(d.id.value) + transient;
          continue;
        }
        if (success_of(*made) > (latest_success == nullptr ? 0 : success_of(*latest_success)))
          latest_success = made;
      }
      const bool is_live =
          latest_success != nullptr && latest_success->deployment.state == DeploymentState::success;
      lines.push_back(line(position, is_live ? latest_success->deployment.id.value : 0, latest,
                           waiting, transient));
    }
    return lines;
  }

  static std::string line(const core::LivePosition& position, int64_t live, int64_t latest,
                          int64_t waiting, const std::string& transient) {
    return std::to_string(position.environment_id) + " " + position.task + ": live " +
           std::to_string(live) + ", latest " + std::to_string(latest) + ", waiting " +
           std::to_string(waiting) + ", transient" + transient;
  }

  std::mt19937 random;
  Sample own;
  std::vector<Made> all;
};

/// What the table says, in pages of `count`.
std::vector<std::string> lines(sql::Reader& db, RepositoryId repository, int count) {
  std::vector<std::string> found;
  core::LivePosition after;
  while (true) {
    const auto rows = store::list_live(db, repository, after, count);
    for (const store::LiveRow& row : rows) {
      after = row.position;
      const auto live = test::found(store::find_live(db, row.position));
      std::string transient;
      for (const auto& one : live.transient) transient += " " + std::to_string(one.id.value);
      found.push_back(History::line(row.position, live.live ? live.live->id.value : 0,
                                    live.latest.id.value, live.waiting_count, transient));
    }
    if (rows.size() < static_cast<size_t>(count)) return found;
  }
}

}  // namespace

TEST_CASE("live: the rows are those of the plain rule, after any history") {
  for_each_engine([](sql::Database& db) {
    for (unsigned seed = 0; seed < (test::is_everyday() ? 4 : 40); ++seed) {
      CAPTURE(seed);
      const auto undone = db.write([&](sql::Writer& tx) -> Result<void> {
        History history(tx, seed);
        for (int turn = 0; turn < 12; ++turn) {
          history.go_on(tx, 20);
          CHECK(lines(tx, history.own.repository.id, 100) == history.expected());
          CHECK(lines(tx, history.own.repository.id, 1) == history.expected());
        }
        const auto repair = store::repair_live(tx, {}, 1000);
        CHECK(repair.wrong == 0);
        return fail(ErrorCode::invalid, "the next history begins with an empty store");
      });
      CHECK(!undone);
    }
  });
}

TEST_CASE("repair_live: makes every row again, in steps, and says how many were wrong") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      History history(tx, 7);
      history.go_on(tx, 200);
      const auto right = history.expected();
      REQUIRE(right.size() > 4);
      tx.execute("delete from live where task = 'deploy'");
      tx.execute("update live set success_id = null, success_status_id = null, latest_id = 1");
      tx.execute(
          "insert into live (environment_id, task, latest_id) select min(environment_id), 'gone', "
          "1 "
          "from deployment");
      std::optional<core::LivePosition> after = core::LivePosition{};
      int64_t wrong = 0;
      int steps = 0;
      while (after) {
        const auto repair = store::repair_live(tx, *after, 2);
        wrong += repair.wrong;
        after = repair.last;
        ++steps;
      }
      CHECK(steps > 2);
      CHECK(wrong >= static_cast<int64_t>(right.size()));
      CHECK(lines(tx, history.own.repository.id, 100) == right);
    });
  });
}

TEST_CASE("list_live: of one environment, and of all repositories") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample one(tx), other(tx, "other");
      one.deployment(tx, "production");
      one.deployment(tx, "production", "main", "migrate");
      one.deployment(tx, "staging");
      other.deployment(tx, "production");
      const auto tasks_of = [&](const std::vector<store::LiveRow>& rows) {
        std::string text;
        for (const auto& row : rows)
          text += std::to_string(row.repository_id.value) + row.environment + ":" +
                  row.position.task + " ";
        return text;
      };
      const std::string a = std::to_string(one.repository.id.value),
                        b = std::to_string(other.repository.id.value);
      const auto production = one.environment(tx, "production").id;
      CHECK(tasks_of(store::list_live(tx, production, {}, 9)) ==
            a + "production:deploy " + a + "production:migrate ");
      CHECK(tasks_of(store::list_live(tx, production, {production.value, "deploy"}, 9)) ==
            a + "production:migrate ");
      CHECK(store::list_live(tx, production, {production.value + 1, ""}, 9).empty());
      CHECK(tasks_of(store::list_live(tx, {}, 9)) ==
            a + "production:deploy " + a + "production:migrate " + a + "staging:deploy " + b +
                "production:deploy ");
    });
  });
}
