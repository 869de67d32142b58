#include <doctest/doctest.h>

#include "store/check_runs.h"
#include "store/commit_statuses.h"
#include "store/idempotency.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

// Reports about commits, and idempotency keys, on both engines.

using namespace esclusa;
using namespace std::chrono_literals;
using test::actor_of;
using test::add_account;
using test::add_repository;
using test::at;
using test::for_each_engine;
using test::found;

namespace {

const std::string sha(40, 'a');

struct World {
  explicit World(sql::Writer& tx)
      : ada(add_account(tx, "ada")), repository(add_repository(tx, ada, "application")) {}
  store::Commit commit() const { return {repository.id, sha}; }
  core::Account ada;
  core::Repository repository;
};

CommitStatusId report(sql::Writer& tx, const World& world, const std::string& context,
                      core::CommitState state, const std::string& commit = sha) {
  core::CommitStatus status;
  status.repository_id = world.repository.id;
  status.sha = commit;
  status.context = context;
  status.state = state;
  status.creator = world.ada;
  status.created_at = at(1);
  return store::insert_commit_status(tx, status, actor_of(world.ada));
}

core::CheckRun check(sql::Writer& tx, const World& world, const std::string& name,
                     std::optional<core::CheckConclusion> conclusion) {
  core::CheckRun run;
  run.repository_id = world.repository.id;
  run.sha = sha;
  run.name = name;
  run.conclusion = conclusion;
  if (conclusion) run.status = core::CheckStatus::completed;
  run.creator = world.ada;
  run.created_at = at(2);
  run.id = store::insert_check_run(tx, run, actor_of(world.ada));
  return run;
}

}  // namespace

TEST_CASE("commit statuses: all, newest first, and the latest of each context") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      report(tx, world, "a", core::CommitState::pending);
      report(tx, world, "b", core::CommitState::success);
      const auto last = report(tx, world, "A", core::CommitState::failure);
      report(tx, world, "a", core::CommitState::error, std::string(40, 'b'));
      CHECK(store::count_commit_statuses(tx, world.commit(), "a") == 2);

      const auto page = store::list_commit_statuses(tx, world.commit(), {.number = 1, .size = 2});
      CHECK(page.total_count == 3);
      REQUIRE(page.items.size() == 2);
      CHECK(page.items[0].id == last);
      CHECK(page.items[0].creator.login == "ada");
      CHECK_FALSE(page.items[0].description.has_value());

      const auto latest = store::list_latest_commit_statuses(tx, world.commit());
      REQUIRE(latest.size() == 2);
      CHECK(latest[0].context == "b");
      CHECK(latest[1].context == "A");
      CHECK(latest[1].state == core::CommitState::failure);
    });
  });
}

TEST_CASE("check runs: every field is kept through an insert and an update") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      core::CheckRun run = check(tx, world, "lint", std::nullopt);
      run.name = "Lint";
      run.status = core::CheckStatus::completed;
      run.conclusion = core::CheckConclusion::timed_out;
      run.details_url = "https://ci.example/1";
      run.external_id = "42";
      run.output = {"title", "summary", "text"};
      run.annotations = R"([{"path":"a"}])";
      run.annotation_count = 1;
      run.started_at = at(3);
      run.completed_at = at(4);
      store::update_check_run(tx, run, at(5));
      const auto read = found(store::find_check_run(tx, world.repository.id, run.id));
      CHECK(read.name == "Lint");
      CHECK(read.sha == sha);
      CHECK(read.status == run.status);
      CHECK(read.conclusion == run.conclusion);
      CHECK(read.details_url == run.details_url);
      CHECK(read.external_id == "42");
      CHECK(read.output.title == "title");
      CHECK(read.output.summary == "summary");
      CHECK(read.output.text == "text");
      CHECK(read.annotations == run.annotations);
      CHECK(read.annotation_count == 1);
      CHECK(read.started_at == at(3));
      CHECK(read.completed_at == at(4));
      CHECK(read.created_at == at(2));
      CHECK_FALSE(store::find_check_run(tx, RepositoryId{99}, run.id));
    });
  });
}

TEST_CASE("list_context_states: the latest of each status and check, a running check is pending") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      CHECK(store::list_context_states(tx, world.commit()).empty());
      report(tx, world, "ci", core::CommitState::pending);
      report(tx, world, "CI", core::CommitState::success);
      check(tx, world, "lint", core::CheckConclusion::failure);
      check(tx, world, "LINT", core::CheckConclusion::skipped);
      check(tx, world, "ci", std::nullopt);
      std::string text;
      for (const ContextState& each : store::list_context_states(tx, world.commit())) {
        text += each.context + "=" + each.state + " ";
      }
      CHECK(text == "CI=success LINT=skipped ci=pending ");
      const auto all = store::list_check_runs(tx, world.commit(), {.latest_only = false}, {});
      CHECK(all.total_count == 3);
      CHECK(all.items.at(0).name == "ci");
    });
  });
}

TEST_CASE("idempotency keys: taken once, stored for their time, separate for each account") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const store::IdempotencyKeyOwner owner{world.ada.id, world.repository.id, "key"};
      const store::IdempotencyKeyOwner other{add_account(tx, "bob").id, world.repository.id, "key"};
      CHECK(store::take_idempotency_key(tx, owner, "digest", at(10), at(0)));
      CHECK_FALSE(store::take_idempotency_key(tx, owner, "digest", at(11), at(1)));
      CHECK(store::take_idempotency_key(tx, other, "digest", at(11), at(1)));
      store::remember_resource(tx, owner, 7);
      const auto found_key = found(store::find_idempotency_key(tx, owner, at(10)));
      CHECK(found_key.body_digest == "digest");
      CHECK(found_key.resource_id == 7);
      CHECK_FALSE(store::find_idempotency_key(tx, owner, at(11)));
      CHECK(store::take_idempotency_key(tx, owner, "other", at(20), at(11)));
      CHECK(found(store::find_idempotency_key(tx, owner, at(0))).body_digest == "other");
    });
  });
}
