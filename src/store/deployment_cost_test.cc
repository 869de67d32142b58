// What lists of deployments, statuses and a deletion cost, in steps of SQLite's machine: the same,
// however long the history is.

#include <doctest/doctest.h>

#include "store/deployment_blocks.h"
#include "store/deployment_statuses.h"
#include "store/deployments.h"
#include "support/database_fixture.h"
#include "support/sqlite_steps.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::Sample;

namespace {

/// A repository with `count` deployments: all in production, of one branch and successful, but
/// each of another commit. One in ten was deployed to staging.
class History {
 public:
  explicit History(int count) {
    test::write(db(), [&](sql::Writer& tx) {
      sample_.emplace(tx);
      const auto production = sample_->deployment(tx, "production");
      const auto staging = sample_->environment(tx, "staging");
      tx.execute(
          "with recursive number (n) as (select 2 union all select n + 1 from number where n < $1) "
          "insert into deployment (repository_id, environment_id, original_environment_id, kind, "
          "ref, sha, task, payload, creator_id, transient_environment, production_environment, "
          "phase, state, created_at, updated_at) select d.repository_id, "
          "case n % 10 when 0 then $2 else d.environment_id end, d.environment_id, d.kind, d.ref, "
          "printf('%040x', n), d.task, d.payload, d.creator_id, 0, 1, d.phase, 'success', "
          "d.created_at + n, d.created_at + n from number cross join deployment d where d.id = $3",
          {count, staging.id.value, production.id.value});
      while (store::count_blocks(tx, 100).has_more()) {
      }
    });
  }

  int64_t list(const core::DeploymentFilter& filter, const core::Page& page, size_t expected) {
    return steps_.of([&] {
      test::read(db(), [&](sql::Reader& rows) {
        const auto found =
            store::list_deployments(rows, sample_->repository.id, filter, page).items.size();
        CHECK(found == expected);
      });
    });
  }

  /// A success of a new deployment in production.
  int64_t succeed() {
    return test::write(db(), [&](sql::Writer& tx) {
      const auto made = sample_->deployment(tx, "production");
      return steps_.of([&] {
        sample_->status(tx, made, DeploymentState::success);
        CHECK(store::list_made_inactive(tx, made).empty());
      });
    });
  }

  /// A status of an old deployment, which is in the counts of full blocks.
  int64_t fail(DeploymentId id) {
    return test::write(db(), [&](sql::Writer& tx) {
      const auto old = store::find_deployment(tx, sample_->repository.id, id).value();
      return steps_.of([&] { sample_->status(tx, old, DeploymentState::failure); });
    });
  }

  int64_t remove(DeploymentId id) {
    return test::write(db(), [&](sql::Writer& tx) {
      return steps_.of([&] { store::delete_deployment(tx, id); });
    });
  }

 private:
  sql::Database& db() { return store_.database(); }

  test::SqliteSteps steps_;
  test::SqliteStore store_;
  std::optional<Sample> sample_;
};

// Both end in the middle of a block, at the same place.
constexpr int few = 1'000;
constexpr int many = few + 192 * 256;

/// The filters that most deployments of the history have, and a commit.
std::vector<core::DeploymentFilter> filters() {
  return {{},
          {.ref = "main"},
          {.task = "deploy"},
          {.environment = "production"},
          {.environment = "staging"},
          {.state = DeploymentState::success},
          {.creator = "ada"}};
}

}  // namespace

TEST_CASE("cost: lists, statuses and a deletion cost the same with 50 times as many deployments") {
  History small(few);
  History large(many);
  const auto compare = [](const char* what, int64_t before, int64_t after) {
    CAPTURE(what);
    CHECK(before > 0);
    CHECK(after <= before * 3 / 2);
  };
  for (const auto& filter : filters()) {
    CAPTURE(filter.ref + filter.task + filter.environment + filter.creator);
    compare("page 1", small.list(filter, {1, 30}, 30), large.list(filter, {1, 30}, 30));
    compare("page 3", small.list(filter, {3, 30}, 30), large.list(filter, {3, 30}, 30));
  }
  compare("page 1,000 of one row", small.list({}, {1000, 1}, 1), large.list({}, {1000, 1}, 1));
  compare("a deep page", small.list({}, {9, 100}, 100), large.list({}, {500, 100}, 100));
  const core::DeploymentFilter commit{.sha = std::string(37, '0') + "1f4"};
  compare("a commit", small.list(commit, {1, 30}, 1), large.list(commit, {1, 30}, 1));
  core::DeploymentFilter newest;
  newest.created.from = at(few - 100);
  core::DeploymentFilter newest_of_many;
  newest_of_many.created.from = at(many - 100);
  compare("created lately", small.list(newest, {1, 100}, 100),
          large.list(newest_of_many, {1, 100}, 100));
  compare("a success", small.succeed(), large.succeed());
  compare("a status of an old one", small.fail({300}), large.fail({300}));
  compare("a deletion of an old one", small.remove({301}), large.remove({301}));
}
