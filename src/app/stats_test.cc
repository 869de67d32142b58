#include "app/stats.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "app/deployment_statuses.h"
#include "base/stats_limits.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::DeploymentState;
using test::AppFixture;
using test::GitFixture;
using test::must;
using namespace std::chrono_literals;

namespace {

/// A repository whose deployments are made by the use cases, at times of the test's own.
struct StatsFixture : AppFixture {
  /// The time of the first commit is 60 s after this one.
  static constexpr Timestamp begin = from_micros(1'700'000'000'000'000);

  void deploy(const std::string& ref, DeploymentState state, const std::string& environment,
              std::chrono::seconds at) {
    now = begin + at;
    core::NewDeployment input;
    input.ref = ref;
    input.environment = environment;
    input.required_contexts = std::vector<std::string>();
    input.auto_merge = false;
    input.production_environment = true;
    const auto made = AppFixture::deploy(access, input);
    core::NewDeploymentStatus status;
    status.state = state;
    must(app::create_status(context, access, made.id, status));
  }

  Result<std::vector<core::EnvironmentStats>> ask(core::StatsQuery query = {}) {
    if (query.range.since == Timestamp()) query.range = {begin - 24h, begin + 240h};
    query.unit = core::StatsUnit::month;
    return app::get_stats(context, access, query);
  }
  std::string refusal(const core::StatsQuery& query) {
    const auto stats = ask(query);
    return stats ? "none" : stats.error().reason_code;
  }
  /// The sum of the range, in the only environment.
  core::StatsRow total() {
    const auto stats = must(ask());
    REQUIRE(stats.size() == 1);
    return stats[0].total;
  }

  GitFixture git;
  app::RepositoryAccess access = [this] {
    git.commit("main", "a", "0");
    return add(git);
  }();
};

}  // namespace

TEST_CASE("get_stats: the lead time is from each new commit to its first success") {
  StatsFixture app;  // commit 1, at 60 s
  app.deploy("main", DeploymentState::success, "production", 1h);
  app.git.commit("main", "a", "2");  // at 120 s
  app.git.commit("main", "a", "3");  // at 180 s
  app.deploy("main", DeploymentState::failure, "production", 2h);
  app.deploy("main", DeploymentState::success, "production", 3h);
  app.deploy("main", DeploymentState::success, "production", 4h);  // nothing new
  const auto counts = app.total().counts;
  CHECK(counts.releases == 3);
  CHECK(counts.unmeasured == 1);  // the first one
  auto times = counts.lead_times;
  std::ranges::sort(times);
  CHECK(times == std::vector<std::chrono::seconds>{3h - 180s, 3h - 120s});
  CHECK(counts.decided == 4);
  CHECK(counts.failed == 1);
  CHECK(counts.restore_times == std::vector<std::chrono::seconds>{1h});
}

TEST_CASE("get_stats: a commit counts once, and not before it was made") {
  StatsFixture app;
  app.deploy("main", DeploymentState::success, "production", 0s);
  const std::string two = app.git.commit("main", "a", "2");  // at 120 s
  app.deploy("main", DeploymentState::success, "production", 100s);
  app.git.branch("older", app.git.git({"rev-parse", "main~1"}));
  app.deploy("older", DeploymentState::success, "production", 200s);
  app.deploy(two, DeploymentState::success, "production", 300s);
  CHECK(app.total().counts.lead_times == std::vector<std::chrono::seconds>{0s});
}

TEST_CASE("get_stats: where git does not know a commit, the other figures are known") {
  StatsFixture app;
  app.deploy("main", DeploymentState::success, "production", 1h);
  const std::string sha = app.git.commit("main", "b", "of this test alone: walks are kept");
  app.deploy("main", DeploymentState::success, "production", 2h);
  SUBCASE("a commit is gone") {
    must(app.write([&](store::Writer& tx) -> Result<void> {
      tx.execute("update deployment set sha = $1 where sha = $2", {std::string(40, 'b'), sha});
      return {};
    }));
  }
  SUBCASE("the repository is gone") { std::filesystem::remove_all(app.git.path()); }
  const auto counts = app.total().counts;
  CHECK(counts.releases == 2);
  CHECK(counts.unmeasured == 2);
  CHECK(counts.lead_times.empty());
}

TEST_CASE("get_stats: without a name the environments that are for production, by name") {
  StatsFixture app;
  for (const char* name : {"us", "eu"}) app.deploy("main", DeploymentState::success, name, 1h);
  const auto stats = must(app.ask());
  REQUIRE(stats.size() == 2);
  CHECK(stats[0].environment.name == "eu");
  CHECK(stats[1].environment.name == "us");
  const auto named = must(app.ask({.environment = "US"}));
  REQUIRE(named.size() == 1);
  CHECK(named[0].environment.name == "us");
  CHECK(must(app.ask({.task = "migrate"})).empty());
}

TEST_CASE("get_stats: what is before the first record or may have been deleted is not known") {
  StatsFixture app;
  app.deploy("main", DeploymentState::success, "production", 1h);
  const auto known = [&](std::optional<Timestamp> kept_since) {
    core::StatsQuery query;
    query.range = {app.begin - std::chrono::days(60), app.begin + std::chrono::days(30)};
    query.kept_since = kept_since;
    std::string text;
    const auto stats = must(app.ask(query));
    for (const core::StatsRow& row : stats.at(0).rows) text += row.is_known ? '+' : '-';
    return text + (stats[0].total.is_known ? '+' : '-');
  };
  CHECK(known(std::nullopt) == "--+++");  // September, October, November, December; the sum
  CHECK(known(app.begin - std::chrono::days(90)) == "--+++");
  CHECK(known(app.begin + std::chrono::days(1)) == "---++");
  CHECK(known(app.begin + std::chrono::days(29)) == "-----");
}

TEST_CASE("get_stats: what is refused") {
  StatsFixture app;
  app.deploy("main", DeploymentState::success, "production", 1h);
  CHECK(app.refusal({.environment = "nowhere"}) == "environment_not_found");
  CHECK(app.refusal({.range = {app.begin, app.begin}}) == "invalid_range");
  CHECK(app.refusal({.range = {app.begin - std::chrono::years(11), app.begin}}) ==
        "too_many_periods");
  CHECK(app.refusal({.range = {app.begin - std::chrono::years(9), app.begin}}) == "none");
  must(app.write([&](store::Writer& tx) -> Result<void> {
    tx.execute(
        "with recursive number (n) as (select 1 union all select n + 1 from number where n < $1) "
        "insert into deployment_status (deployment_id, state, description, environment_id, "
        "target_url, environment_url, creator_id, created_at, updated_at) select s.deployment_id, "
        "s.state, '', s.environment_id, '', '', s.creator_id, s.created_at + n, s.updated_at from "
        "number cross join deployment_status s",
        {limits::stats_outcomes});
    return {};
  }));
  CHECK(app.refusal({}) == "too_many_deployments");
  CHECK(app.refusal({.range = {app.begin + 1h + 1ms, app.begin + 2h}}) == "none");
}

TEST_CASE("get_stats: too many environments must be named") {
  StatsFixture app;
  for (int i = 0; i <= limits::stats_environments; ++i) {
    app.deploy("main", DeploymentState::success, "production-" + std::to_string(i), 1h);
  }
  CHECK(app.refusal({}) == "too_many_environments");
  CHECK(app.refusal({.environment = "production-7"}) == "none");
}
