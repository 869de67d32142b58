#include "app/retention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

#include "app/kept_commits.h"
#include "support/app_fixture.h"
#include "support/captured_log.h"

using namespace esclusa;
using namespace std::chrono_literals;
using core::DeploymentState;
using core::RetentionKey;
using std::chrono::days;
using test::must;

namespace {

core::RetentionSettings with_deployments(std::chrono::seconds age) {
  core::RetentionSettings settings;
  settings.ages[static_cast<size_t>(RetentionKey::deployments)] = age;
  settings.keep_successes = 1;
  return settings;
}

/// A repository of ada, what was deployed from it, and what prunes it.
struct Fixture : test::AppFixture {
  explicit Fixture(const core::RetentionSettings& settings = with_deployments(days(10)))
      : access((git.commit("main", "a", "1"), add(git))), retention(context, settings) {
    prune();  // the clock is known from now on
  }

  core::Deployment deploy(const std::string& environment, std::optional<DeploymentState> state) {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    const auto made = AppFixture::deploy(access, input);
    if (state) {
      core::NewDeploymentStatus status;
      status.state = *state;
      must(app::create_status(context, access, made.id, status));
    }
    return made;
  }
  /// A whole round; the number of rows that it pruned.
  int64_t prune() {
    const int64_t round = must(retention.ask_for_round(context, administrator));
    while (report().rounds < round) retention.step();
    return report().round_rows;
  }
  app::RetentionReport report() { return must(retention.report(context, 1000)); }
  app::RetentionKeyReport report_of(RetentionKey key) {
    return report().keys.at(static_cast<size_t>(key));
  }
  std::string kept() {
    return git.git({"for-each-ref", "--format=%(objectname)", "refs/deployments"});
  }

  test::GitFixture git;
  app::RepositoryAccess access;
  app::Retention retention;
};

}  // namespace

TEST_CASE("Retention: what is too old goes, what is young stays, and the counters say so") {
  Fixture app;
  app.deploy("qa", DeploymentState::failure);
  const int64_t bodies = app.row_count("event_body"), events = app.row_count("event");
  REQUIRE(bodies > 0);
  app.pass(days(7));
  CHECK(app.report_of(RetentionKey::event_bodies).due.rows == 0);
  app.pass(1s);
  auto line = app.report_of(RetentionKey::event_bodies);
  CHECK(line.due.rows == bodies);
  CHECK(line.due.oldest == test::at(0));
  CHECK(line.age == days(7));
  CHECK(app.prune() == bodies);
  CHECK(app.row_count("event_body") == 0);
  CHECK(app.row_count("event") == events);
  CHECK(app.row_count("deployment") == 1);
  line = app.report_of(RetentionKey::event_bodies);
  CHECK(line.due.rows == 0);
  CHECK(line.pruned_rows == bodies);
  CHECK(app.retention.counters().pruned_rows.at(0) == bodies);
  CHECK_FALSE(app.report().is_running);
}

TEST_CASE("Retention: without an age nothing goes") {
  core::RetentionSettings never;
  never.ages.fill(std::nullopt);
  Fixture app(never);
  app.deploy("qa", DeploymentState::failure);
  app.pass(days(10'000));
  CHECK(app.prune() == 0);
  CHECK(app.report_of(RetentionKey::event_bodies).due.rows == 0);
}

TEST_CASE("Retention: deployments go with their commit's ref; there is one audit row for a round") {
  Fixture app;
  const auto old = app.deploy("qa", DeploymentState::failure);
  app.deploy("qa", DeploymentState::failure);
  app.git.commit("main", "a", "2");
  const auto live = app.deploy("qa", DeploymentState::success);
  CHECK(app.kept().contains(old.sha));
  app.pass(days(11));
  const size_t audits = app.audits("retention.prune").size();
  app.prune();
  CHECK(app.row_count("deployment") == 1);
  CHECK(app.kept() == live.sha);
  CHECK(app.row_count("unkept_commit") == 0);
  // The administrator's command, and the deployments that went.
  const auto rows = app.audits("retention.prune");
  REQUIRE(rows.size() == audits + 2);
  CHECK(rows.back().detail.contains(R"("key":"deployments")"));
  CHECK_FALSE(rows.back().actor);
  app.prune();
  CHECK(app.audits("retention.prune").size() == audits + 3);
}

TEST_CASE("Retention: the ref of a commit stays while another deployment is of it") {
  Fixture app;
  app.deploy("qa", DeploymentState::failure);
  const auto live = app.deploy("qa", DeploymentState::success);
  app.pass(days(11));
  app.prune();
  CHECK(app.row_count("deployment") == 1);
  CHECK(app.kept() == live.sha);
  CHECK(app.row_count("unkept_commit") == 0);
}

TEST_CASE("Retention: a deployment that somebody deletes lets go of its commit, too") {
  Fixture app;
  const auto made = app.deploy("qa", DeploymentState::failure);
  must(app::delete_deployment(app.context, app.access, made.id));
  CHECK(app.kept() == made.sha);  // as after a kill behind the commit
  app.prune();
  CHECK(app.kept().empty());
}

TEST_CASE("Retention: while a backup is made, git keeps the commits of what goes") {
  Fixture app;
  bool is_running = true;
  app::Retention retention(app.context, with_deployments(days(10)), [&] { return is_running; });
  const auto prune = [&] {
    const int64_t round = must(retention.ask_for_round(app.context, app.administrator));
    while (must(retention.report(app.context, 1)).rounds < round) retention.step();
  };
  const auto made = app.deploy("qa", DeploymentState::failure);
  must(app::delete_deployment(app.context, app.access, made.id));
  prune();  // the round ends all the same
  CHECK(app.kept() == made.sha);
  CHECK(app.row_count("unkept_commit") == 1);
  is_running = false;
  prune();
  CHECK(app.kept().empty());
  CHECK(app.row_count("unkept_commit") == 0);
}

TEST_CASE("Retention: a repository that cannot be opened keeps its place, and holds up nothing") {
  Fixture app;
  const auto made = app.deploy("qa", DeploymentState::failure);
  must(app::delete_deployment(app.context, app.access, made.id));
  const auto path = app.git.path(), away = std::filesystem::path(path.string() + "-away");
  std::filesystem::rename(path, away);
  const std::string log = test::captured_log([&] { app.prune(); });
  CHECK(log.contains("this is tried again"));
  CHECK(app.row_count("unkept_commit") == 1);
  std::filesystem::rename(away, path);
  app.prune();
  CHECK(app.row_count("unkept_commit") == 0);
  CHECK(app.kept().empty());
}

TEST_CASE("Retention: a commit that is deployed again meanwhile stays") {
  Fixture app;
  const auto made = app.deploy("qa", DeploymentState::failure);
  must(app::delete_deployment(app.context, app.access, made.id));
  {
    // A create has made the ref, and its row is not there yet.
    const app::KeptCommit creating(app.access.repository.path, made.sha);
    app.prune();
    CHECK(app.kept() == made.sha);
    CHECK(app.row_count("unkept_commit") == 1);
  }
  app.deploy("qa", DeploymentState::failure);
  app.prune();
  CHECK(app.kept() == made.sha);
  CHECK(app.row_count("unkept_commit") == 0);
}

TEST_CASE("KeptCommit: waits while the same ref is removed, and for no other") {
  auto going = std::make_unique<app::UnkeptCommit>("/srv/a", "1");
  CHECK(going->may_go());
  CHECK_FALSE(app::UnkeptCommit("/srv/a", "1").may_go());
  const app::KeptCommit other("/srv/b", "1"), another("/srv/a", "2");
  auto kept = std::async(std::launch::async, [] { const app::KeptCommit same("/srv/a", "1"); });
  going.reset();
  kept.get();
  const app::KeptCommit first("/srv/a", "1"), second("/srv/a", "1");
  CHECK_FALSE(app::UnkeptCommit("/srv/a", "1").may_go());
}

TEST_CASE("Retention: a clock that was set forward by a year prunes nothing of today") {
  Fixture app;
  app.deploy("qa", DeploymentState::failure);
  app.now += days(365);
  const std::string log = test::captured_log([&] { CHECK(app.prune() == 0); });
  CHECK(log.contains("the clock was set forward"));
  CHECK(app.row_count("event_body") > 0);
  CHECK(app.report().held_back == days(365));
  // The next process knows, too: the boot clock says how much time has passed.
  app::Retention next(app.context, with_deployments(days(10)));
  const int64_t round = must(next.ask_for_round(app.context, app.administrator));
  while (must(next.report(app.context, 1)).rounds < round) next.step();
  CHECK(app.row_count("event_body") > 0);
  CHECK(must(next.report(app.context, 1)).held_back >= days(364));
}

TEST_CASE("Retention: a round goes on where it was, whatever was done before its process died") {
  Fixture app;
  for (int i = 0; i < 30; ++i) app.deploy("qa", DeploymentState::failure);
  app.pass(days(8));
  must(app.retention.ask_for_round(app.context, app.administrator));
  for (int i = 0; i < 2; ++i) app.retention.step();
  app::Retention next(app.context, with_deployments(days(10)));
  while (must(next.report(app.context, 1)).rounds < 1) next.step();
  CHECK(app.row_count("event_body") == 0);
}

TEST_CASE("Retention: other ages count from the next round on, which begins at the beginning") {
  Fixture app;
  app.deploy("qa", DeploymentState::failure);
  const int64_t bodies = app.row_count("event_body");
  app.pass(days(2));
  CHECK(app.prune() == 0);
  core::RetentionSettings settings = with_deployments(days(10));
  CHECK(settings == with_deployments(days(10)));
  settings.ages[static_cast<size_t>(RetentionKey::event_bodies)] = days(1);
  CHECK_FALSE(settings == with_deployments(days(10)));
  app.retention.use(settings);
  CHECK(app.report_of(RetentionKey::event_bodies).age == days(1));
  CHECK(app.report_of(RetentionKey::event_bodies).due.rows == bodies);
  CHECK(app.prune() == bodies);
}
