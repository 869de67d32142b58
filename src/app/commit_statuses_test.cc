#include "app/commit_statuses.h"

#include <doctest/doctest.h>

#include "app/branch_protections.h"
#include "app/check_runs.h"
#include "base/json.h"
#include "base/limits.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::CommitState;
using test::AppFixture;
using test::GitFixture;
using test::must;

namespace {

struct CommitFixture : AppFixture {
  GitFixture git;
  std::string sha = git.commit("main", "a", "1");
  app::RepositoryAccess access = add(git);

  Result<core::CommitStatus> report(CommitState state, const std::string& context = "default") {
    return app::create_commit_status(this->context, access, sha,
                                     {.context = context, .state = state});
  }
  Result<core::CheckRun> get_run(const app::RepositoryAccess& where, CheckRunId id) {
    return read([&](store::Reader& db) { return app::get_check_run(db, where, id); });
  }
};

/// The actions of all events, one line each.
std::string actions(AppFixture& app) {
  std::string lines;
  for (const test::StoredEvent& stored : app.events()) lines += stored.event.action + "\n";
  return lines;
}

}  // namespace

TEST_CASE("create_commit_status: records the report, its creator and an audit row") {
  CommitFixture app;
  const auto made = must(app::create_commit_status(app.context, app.access, app.sha,
                                                   {.context = "ci/Build",
                                                    .state = CommitState::failure,
                                                    .description = "no",
                                                    .target_url = "https://ci.example/1"}));
  CHECK(made.sha == app.sha);
  const auto listing = must(app::list_commit_statuses(app.context, app.access, "main", {}));
  REQUIRE(listing.total_count == 1);
  const auto& read = listing.items.at(0);
  CHECK(read.id == made.id);
  CHECK(read.context == "ci/Build");
  CHECK(read.state == CommitState::failure);
  CHECK(read.description == "no");
  CHECK(read.target_url == "https://ci.example/1");
  CHECK(read.creator.login == "ada");
  CHECK(app.audits("commit_status.create").size() == 1);
}

TEST_CASE("create_commit_status: a status event contains the commit and its branches") {
  CommitFixture app;
  app.git.branch("topic", app.sha);
  must(app::protect_branches(app.context, app.administrator, "ada", "application", "mai?"));
  app.told = {};
  const auto made = must(app.report(CommitState::pending));
  CHECK(app.told.events);
  REQUIRE(app.events().size() == 1);
  CHECK(app.events()[0].event.kind == "status");
  CHECK(app.events()[0].event.action == "");
  const auto body = must(Json::parse(lines_of(app.events(), &test::StoredEvent::body)));
  CHECK(body.integer_at("id") == made.id.value);
  CHECK(body.string_at("state") == "pending");
  CHECK(body.string_at("name") == "ada/application");
  CHECK(body.string_at("commit", "sha") == app.sha);
  CHECK(body.string_at("created_at").value().ends_with("+00:00"));
  const auto branches = body.find("branches")->elements();
  REQUIRE(branches.size() == 2);
  CHECK(branches[0].string_at("name") == "main");
  CHECK(branches[0].find("protected")->boolean() == true);
  CHECK(branches[1].string_at("name") == "topic");
  CHECK(branches[1].find("protected")->boolean() == false);

  CHECK_FALSE(app::create_commit_status(app.context, app.access, std::string(40, 'a'), {}));
  CHECK(app.events().size() == 1);
}

TEST_CASE("check_run events: one when a run starts, one with the conclusion when it ends") {
  CommitFixture app;
  core::CheckRunInput input;
  input.name = "build";
  input.head_sha = app.sha;
  const auto run = must(app::create_check_run(app.context, app.access, input));
  auto change = [&](auto set) {
    core::CheckRunInput changes;
    set(changes);
    must(app::update_check_run(app.context, app.access, run.id, changes));
  };
  change([](auto& run) { run.status = core::CheckStatus::in_progress; });
  CHECK(actions(app) == "created\n");
  change([](auto& run) { run.conclusion = core::CheckConclusion::skipped; });
  change([](auto& run) { run.conclusion = core::CheckConclusion::skipped; });
  change([](auto& run) { run.external_id = "7"; });
  CHECK(actions(app) == "created\ncompleted\n");
  change([](auto& run) { run.conclusion = core::CheckConclusion::failure; });
  CHECK(actions(app) == "created\ncompleted\ncompleted\n");
  input.conclusion = core::CheckConclusion::success;
  must(app::create_check_run(app.context, app.access, input));
  CHECK(actions(app) == "created\ncompleted\ncompleted\ncreated\ncompleted\n");
  CHECK(app.told.events);

  const auto body = must(Json::parse(app.events().at(1).body));
  CHECK(body.string_at("action") == "completed");
  CHECK(body.string_at("check_run", "conclusion") == "skipped");
  CHECK(body.string_at("check_run", "check_suite", "conclusion") == "neutral");
  CHECK(body.string_at("check_run", "app", "slug") == "ada");
  CHECK(body.string_at("check_run", "details_url") == body.string_at("check_run", "html_url"));
}

TEST_CASE("create_commit_status: 422 with GitHub's text for a commit that is not there") {
  CommitFixture app;
  for (const std::string& sha :
       {std::string("main"), std::string(40, 'a'), app.sha.substr(0, 10)}) {
    auto refused = app::create_commit_status(app.context, app.access, sha, {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().message == "No commit found for SHA: " + sha);
  }
}

TEST_CASE("create_commit_status: a context takes a thousand reports about a commit, and no more") {
  CommitFixture app;
  for (size_t i = 0; i < limits::statuses_per_context; ++i) {
    REQUIRE(app.report(CommitState::pending, i % 2 ? "ci" : "CI"));
  }
  auto refused = app.report(CommitState::success, "Ci");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::invalid);
  REQUIRE(refused.error().fields.size() == 1);
  CHECK(refused.error().fields[0].message ==
        "This SHA and context has reached the maximum number of statuses.");
  CHECK(app.report(CommitState::success, "other"));
}

TEST_CASE("get_latest_statuses: the newest of each context, without regard to case") {
  CommitFixture app;
  must(app.report(CommitState::failure, "a"));
  must(app.report(CommitState::pending, "b"));
  must(app.report(CommitState::success, "A"));
  const auto latest = must(app::get_latest_statuses(app.context, app.access, "heads/main"));
  CHECK(latest.sha == app.sha);
  REQUIRE(latest.statuses.size() == 2);
  CHECK(latest.statuses[0].context == "b");
  CHECK(latest.statuses[1].context == "A");
  CHECK(core::combine(latest.statuses) == CommitState::pending);
}

TEST_CASE("list_commit_statuses: newest first, of the commit that a branch, tag or SHA names") {
  CommitFixture app;
  app.git.tag("v1", app.sha);
  must(app.report(CommitState::pending));
  must(app.report(CommitState::success));
  for (const std::string& ref : {std::string("main"), std::string("heads/main"),
                                 std::string("refs/heads/main"), std::string("tags/v1"), app.sha}) {
    CAPTURE(ref);
    const auto listing = must(app::list_commit_statuses(app.context, app.access, ref, {}));
    REQUIRE(listing.items.size() == 2);
    CHECK(listing.items[0].state == CommitState::success);
  }
  auto unknown = app::list_commit_statuses(app.context, app.access, "nope", {});
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == ErrorCode::not_found);
  CHECK(unknown.error().message == "No commit found for the ref nope");
}

TEST_CASE("check runs: created, updated, and listed as the newest of each name") {
  CommitFixture app;
  core::CheckRunInput input;
  input.head_sha = app.sha;
  input.name = "lint";
  const auto first = must(app::create_check_run(app.context, app.access, input));
  CHECK(first.status == core::CheckStatus::queued);
  CHECK(first.started_at == app.now);
  input.name = "LINT";
  input.conclusion = core::CheckConclusion::neutral;
  const auto second = must(app::create_check_run(app.context, app.access, input));
  CHECK(second.status == core::CheckStatus::completed);
  CHECK(second.completed_at == app.now);

  auto list = [&](core::CheckRunFilter filter) {
    return must(app::list_check_runs(app.context, app.access, "main", filter, {}));
  };
  CHECK(list({}).total_count == 1);
  CHECK(list({}).items[0].id == second.id);
  CHECK(list({.latest_only = false}).total_count == 2);
  CHECK(list({.name = "lint", .status = core::CheckStatus::queued, .latest_only = false})
            .items.at(0)
            .id == first.id);
  CHECK(list({.name = "other"}).total_count == 0);

  core::CheckRunInput again;
  again.status = core::CheckStatus::in_progress;
  again.annotations = {R"({"path":"a"})", R"({"path":"b"})"};
  const auto reopened = must(app::update_check_run(app.context, app.access, second.id, again));
  CHECK_FALSE(reopened.conclusion.has_value());
  CHECK_FALSE(reopened.completed_at.has_value());
  const auto read = must(app.get_run(app.access, second.id));
  CHECK(read.annotations == R"([{"path":"a"},{"path":"b"}])");
  CHECK(read.annotation_count == 2);
  CHECK(app.audits("check_run.").size() == 3);
}

TEST_CASE("check runs: 404 for a run of another repository, 422 for an unknown commit") {
  CommitFixture app;
  core::CheckRunInput input;
  input.head_sha = app.sha;
  input.name = "lint";
  const auto made = must(app::create_check_run(app.context, app.access, input));
  GitFixture other;
  other.commit("main", "b", "1");
  const auto elsewhere = app.add(other, true, {}, "other");
  CHECK(app.get_run(elsewhere, made.id).error().code == ErrorCode::not_found);
  CHECK(app::update_check_run(app.context, elsewhere, made.id, {}).error().code ==
        ErrorCode::not_found);
  CHECK(app::create_check_run(app.context, elsewhere, input).error().message ==
        "No commit found for SHA: " + app.sha);
}
