#include "core/stats.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace esclusa;
using core::StatsUnit;
using std::chrono::seconds;
using namespace std::chrono_literals;

namespace {

Timestamp time(std::string_view text) { return parse_time(std::string(text) + "Z").value(); }

/// Outcomes from a table: time, deployment, `deploy` or `rollback`, commit, state.
std::vector<core::Outcome> outcomes(std::string_view table) {
  std::vector<core::Outcome> made;
  for (const std::string_view line : split(trim(table), '\n')) {
    std::vector<std::string> cells;
    for (const std::string_view cell : split(line, ' ')) {
      if (!cell.empty()) cells.emplace_back(cell);
    }
    REQUIRE(cells.size() == 5);
    made.push_back({.deployment_id = {std::stoll(cells[1])},
                    .sha = cells[3],
                    .is_rollback = cells[2] == "rollback",
                    .is_success = cells[4] == "success",
                    .at = time(cells[0])});
  }
  return made;
}

/// `2 released, 1 of 3 failed, restored in 9000 s, 0 rolled back, 0 open`.
std::string describe(const core::StatsCounts& counts) {
  std::string times;
  for (const seconds value : counts.restore_times) times += " " + std::to_string(value.count());
  return std::to_string(counts.releases) + " released, " + std::to_string(counts.failed) + " of " +
         std::to_string(counts.decided) + " failed, restored in" + times + " s, " +
         std::to_string(counts.rollbacks) + " rolled back, " + std::to_string(counts.unrestored) +
         " open";
}

std::string releases_of(const core::StatsJudgement& judgement) {
  std::string text;
  for (const core::Release& release : judgement.releases) {
    text += (text.empty() ? "" : " ") + release.base_sha + ".." + release.sha;
  }
  return text;
}

const core::StatsSpan january{time("2024-01-01T00:00:00"), time("2024-02-01T00:00:00")};

core::StatsJudgement judge(std::string_view table, StatsUnit unit = StatsUnit::month) {
  const auto all = outcomes(table);
  return core::judge(all, core::cut(january, unit, 100));
}

std::string in_january(std::string_view table) { return describe(judge(table).counts.at(0)); }

}  // namespace

// The same month is deployed by tests/e2e/test_stats.py.
constexpr const char* month = R"(
2023-12-29T12:00:00   1 deploy   a success
2024-01-01T10:00:00   2 deploy   b success
2024-01-03T09:00:00   3 deploy   c failure
2024-01-03T11:30:00   4 deploy   d success
2024-01-09T08:00:00   5 deploy   e success
2024-01-09T08:45:00   6 rollback d success
2024-01-11T14:00:00   7 deploy   f success
2024-01-23T09:00:00   8 deploy   g error
2024-01-23T09:20:00   8 deploy   g success
2024-01-25T10:00:00   9 deploy   h success
2024-01-25T12:00:00   9 deploy   h failure
2024-01-26T12:00:00  10 deploy   i failure
2024-01-27T12:00:00  11 deploy   j success
2024-01-29T10:00:00  12 deploy   k success
2024-01-29T11:00:00   9 deploy   h failure
2024-01-31T23:00:00  13 deploy   l failure
2024-02-01T01:00:00  14 deploy   m success)";

TEST_CASE("stats: a month by hand") {
  const auto judgement = judge(month);
  // Released: 2, 4, 5, 7, 8, 9, 11 and 12. The rollback 6 is none, 1 and 14 are outside.
  // Decided: these, and 3, 10 and 13: eleven. Failed: 3, 10 and 13 never succeeded; 5 was replaced
  // by a rollback; 8 failed before it succeeded, 9 after that. 9 again: 12 had replaced it.
  // Restored: 3 at 09:00 by 4 at 11:30 (9000 s); 5 at 08:00 by its rollback at 08:45 (2700 s); 8
  // by itself (1200 s); 9 by 11 two days later (172800 s), 10 between them began no failure of its
  // own; 13 after the month, after two hours (7200 s).
  CHECK(describe(judgement.counts.at(0)) ==
        "8 released, 6 of 11 failed, restored in 9000 2700 1200 172800 7200 s, 1 rolled back, "
        "0 open");
  // Of five values in order (1200 2700 7200 9000 172800) the third and the fifth.
  CHECK(core::quantiles(judgement.counts[0].restore_times) == core::Quantiles{7200s, 172800s});
  // What 7 brings is counted from 5 on: that was live, although not for long.
  CHECK(releases_of(judgement) == "a..b b..d d..e e..f f..g g..h h..j j..k");
}

TEST_CASE("stats: the same month by weeks; each deployment and failure is where it began") {
  const auto weeks = judge(month, StatsUnit::week).counts;
  REQUIRE(weeks.size() == 5);
  CHECK(describe(weeks[0]) ==
        "2 released, 1 of 3 failed, restored in 9000 s, 0 rolled back, 0 open");
  CHECK(describe(weeks[1]) ==
        "2 released, 1 of 2 failed, restored in 2700 s, 1 rolled back, 0 open");
  CHECK(describe(weeks[2]) == "0 released, 0 of 0 failed, restored in s, 0 rolled back, 0 open");
  CHECK(describe(weeks[3]) ==
        "3 released, 3 of 4 failed, restored in 1200 172800 s, 0 rolled back, 0 open");
  CHECK(describe(weeks[4]) ==
        "1 released, 1 of 2 failed, restored in 7200 s, 0 rolled back, 0 open");
}

TEST_CASE("stats: a failure that is open at the begin or at the end") {
  // It began in December: the next ones belong to it, and it is counted there.
  CHECK(in_january("2023-12-30T00:00:00 1 deploy a success\n"
                   "2023-12-31T00:00:00 2 deploy b failure\n"
                   "2024-01-02T00:00:00 3 deploy c failure\n"
                   "2024-01-02T01:00:00 4 deploy c success") ==
        "1 released, 1 of 2 failed, restored in s, 0 rolled back, 0 open");
  CHECK(in_january("2024-01-02T00:00:00 3 deploy c failure") ==
        "0 released, 1 of 1 failed, restored in s, 0 rolled back, 1 open");
}

TEST_CASE("stats: a rollback") {
  // Of the same commit: it repeats what is live.
  CHECK(in_january("2024-01-01T00:00:00 1 deploy   a success\n"
                   "2024-01-02T00:00:00 2 rollback a success") ==
        "1 released, 0 of 1 failed, restored in s, 1 rolled back, 0 open");
  // That fails: it is no change that failed, and what it would replace is marked later.
  CHECK(in_january("2024-01-01T00:00:00 1 deploy   a success\n"
                   "2024-01-02T00:00:00 2 deploy   b success\n"
                   "2024-01-02T00:01:00 3 rollback a failure\n"
                   "2024-01-02T00:02:00 4 rollback a success") ==
        "2 released, 1 of 2 failed, restored in 120 s, 1 rolled back, 0 open");
}

TEST_CASE("stats: deployments that were decided before are not new") {
  auto all = outcomes(
      "2024-01-02T00:00:00 1 deploy a success\n"
      "2024-01-03T00:00:00 2 deploy b failure");
  all[0].was_decided = all[0].had_succeeded = true;
  all[1].was_decided = all[1].had_succeeded = true;  // 1 has replaced it
  const auto judgement = core::judge(all, core::cut(january, StatsUnit::month, 1));
  CHECK(describe(judgement.counts[0]) ==
        "0 released, 0 of 0 failed, restored in s, 0 rolled back, 0 open");
}

TEST_CASE("stats: the range is cut at Mondays and first days") {
  const core::StatsSpan range{time("2024-01-10T12:00:00"), time("2024-03-02T01:00:00")};
  const auto months = core::cut(range, StatsUnit::month, 100);
  REQUIRE(months.size() == 3);
  CHECK(months[0] == core::StatsSpan{range.since, time("2024-02-01T00:00:00")});
  CHECK(months[1] == core::StatsSpan{time("2024-02-01T00:00:00"), time("2024-03-01T00:00:00")});
  CHECK(months[2] == core::StatsSpan{time("2024-03-01T00:00:00"), range.until});
  const auto weeks = core::cut(range, StatsUnit::week, 2);
  REQUIRE(weeks.size() == 2);
  CHECK(weeks[0].until == time("2024-01-15T00:00:00"));
  CHECK(weeks[1].until == time("2024-01-22T00:00:00"));
  CHECK(core::default_stats_since(time("2024-01-10T12:00:00"), StatsUnit::month) ==
        time("2023-02-01T00:00:00"));
  CHECK(core::default_stats_since(time("2024-01-08T00:00:00"), StatsUnit::week) ==
        time("2023-10-16T00:00:00"));
}

TEST_CASE("stats: quantiles are values that occurred, by nearest rank") {
  CHECK(core::quantiles({}) == core::Quantiles{});
  CHECK(core::quantiles({5s}) == core::Quantiles{5s, 5s});
  CHECK(core::quantiles({4s, 1s, 3s, 2s}) == core::Quantiles{2s, 4s});
  std::vector<seconds> values;
  for (int i = 100; i > 0; --i) values.emplace_back(i);
  CHECK(core::quantiles(values) == core::Quantiles{50s, 90s});
}
