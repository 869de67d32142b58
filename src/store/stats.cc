#include "store/stats.h"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "base/stats_limits.h"

namespace esclusa::store {
namespace {

#define IS_OUTCOME "state in ('success', 'failure', 'error')"

/// An outcome as it is read, with what selects it.
struct Row {
  core::Outcome outcome;
  int64_t status_id = 0;
  Timestamp created_at;  ///< the deployment
  bool counts = false;   ///< it is of the task, and not transient
};

/// Rows of an environment. `condition` compares the time with $2 and $3, `order` is `asc` or
/// `desc`. The limit is within, so that what is of other tasks is bounded, too.
std::string select_rows(std::string_view condition, std::string_view order) {
  const std::string by =
      " order by s.created_at " + std::string(order) + ", s.id " + std::string(order);
  return "select s.deployment_id, d.sha, d.kind, s.state, s.created_at, s.id, d.created_at, "
         "d.task, d.transient_environment from (select s.id, s.deployment_id, s.state, "
         "s.created_at from deployment_status s where s.environment_id = $1 and s." IS_OUTCOME
         " and " +
         std::string(condition) + by + " limit $4) s join deployment d on d.id = s.deployment_id" +
         by;
}

class Reading {
 public:
  Reading(sql::Reader& db, EnvironmentNameId environment, std::string_view task)
      : db_(db), environment_(environment), task_(task) {}

  std::vector<Row> read(const std::string& sql, Timestamp from, Timestamp to, int count) {
    return db_.all(sql, {environment_.value, to_micros(from), to_micros(to), count},
                   [&](const sql::Row& row) { return read_row(row); });
  }

  /// Says of a row whether its deployment had outcomes before it.
  void look_before(Row& row) {
    db_.each(
        "select state, environment_id, created_at, id from deployment_status "
        "where deployment_id = $1 and id < $2 order by id limit $3",
        {row.outcome.deployment_id.value, row.status_id, limits::stats_around},
        [&](const sql::Row& before) {
          const std::string_view state = before.text(0);
          const bool is_success = state == "success";
          const bool is_outcome = is_success || state == "failure" || state == "error";
          if (!is_outcome || before.integer(1) != environment_.value) return;
          row.outcome.was_decided = true;
          row.outcome.had_succeeded |= is_success;
        });
  }

 private:
  Row read_row(const sql::Row& row) const {
    return {.outcome = {.deployment_id = {row.integer(0)},
                        .sha = std::string(row.text(1)),
                        .is_rollback = row.text(2) == core::to_name(core::DeploymentKind::rollback),
                        .is_success = row.text(3) == "success",
                        .at = from_micros(row.integer(4))},
            .status_id = row.integer(5),
            .created_at = from_micros(row.integer(6)),
            .counts = row.text(7) == task_ && !row.boolean(8)};
  }

  sql::Reader& db_;
  const EnvironmentNameId environment_;
  const std::string_view task_;
};

/// The rows from one end of a time on, up to the first one that `is_last` takes: mostly that is the
/// first of all.
std::vector<Row> read_up_to(Reading& reading, const std::string& sql, Timestamp from, Timestamp to,
                            const std::function<bool(Row&)>& is_last) {
  std::vector<Row> rows;
  for (const int count : {20, limits::stats_around}) {
    rows = reading.read(sql, from, to, count);
    const bool is_all = std::cmp_less(rows.size(), count);
    std::erase_if(rows, [](const Row& row) { return !row.counts; });
    const auto last = std::ranges::find_if(rows, is_last);
    const bool is_found = last != rows.end();
    if (is_found) rows.erase(last + 1, rows.end());
    if (is_found || is_all) break;
  }
  return rows;
}

/// The rows before that time, back to the latest release.
std::vector<Row> read_before(Reading& reading, Timestamp at) {
  static const std::string sql = select_rows("s.created_at >= $2 and s.created_at < $3", "desc");
  // One look for each deployment: the earlier rows of one that has many tell nothing new.
  std::unordered_set<int64_t> looked_at;
  auto rows = read_up_to(reading, sql, Timestamp::min(), at, [&](Row& row) {
    if (!row.outcome.is_success || row.outcome.is_rollback) return false;
    if (!looked_at.insert(row.outcome.deployment_id.value).second) return false;
    reading.look_before(row);
    return !row.outcome.had_succeeded;
  });
  std::ranges::reverse(rows);
  return rows;
}

/// The rows from that time on, up to the next success.
std::vector<Row> read_after(Reading& reading, Timestamp at) {
  static const std::string sql = select_rows("s.created_at >= $2 and s.created_at < $3", "asc");
  return read_up_to(reading, sql, at, Timestamp::max(),
                    [](const Row& row) { return row.outcome.is_success; });
}

}  // namespace

std::optional<std::vector<core::EnvironmentName>> list_production_environments(
    sql::Reader& db, RepositoryId repository, std::string_view task, int count) {
  const auto places = db.number(
      "select count(*) from (select 1 from environment_name where repository_id = $1 limit $2) "
      "as n",
      {repository.value, limits::stats_places + 1});
  if (places > limits::stats_places) return std::nullopt;
  return db.all(  // `cross join`: SQLite begins with the names
      "select n.id, n.name from environment_name n cross join live l cross join deployment d "
      "where n.repository_id = $1 and l.environment_id = n.id and l.task = $2 and "
      "d.id = l.latest_id and d.production_environment = 1 and d.transient_environment = 0 "
      "order by n.id limit $3",
      {repository.value, task, count}, [](const sql::Row& row) {
        return core::EnvironmentName{{row.integer(0)}, std::string(row.text(1))};
      });
}

std::optional<Timestamp> find_first_outcome(sql::Reader& db, EnvironmentNameId environment) {
  return db.one("select created_at from deployment_status where environment_id = $1 and " IS_OUTCOME
                " order by created_at, id limit 1",
                {environment.value},
                [](const sql::Row& row) { return from_micros(row.integer(0)); });
}

std::optional<OutcomeRows> list_outcomes(sql::Reader& db, EnvironmentNameId environment,
                                         std::string_view task, const core::StatsSpan& range,
                                         int count) {
  static const std::string sql = select_rows("s.created_at >= $2 and s.created_at < $3", "asc");
  Reading reading(db, environment, task);
  auto within = reading.read(sql, range.since, range.until, count + 1);
  if (std::cmp_greater(within.size(), count)) return std::nullopt;
  OutcomeRows found{.outcomes = {}, .read_count = static_cast<int>(within.size())};
  std::erase_if(within, [](const Row& row) { return !row.counts; });

  auto rows = read_before(reading, range.since);
  rows.insert(rows.end(), within.begin(), within.end());
  std::ranges::move(read_after(reading, range.until), std::back_inserter(rows));
  std::unordered_set<int64_t> seen;
  for (Row& row : rows) {
    const bool is_first = seen.insert(row.outcome.deployment_id.value).second;
    // What was made after the first row has no outcome before it.
    if (is_first && row.created_at < rows.front().outcome.at) reading.look_before(row);
    found.outcomes.push_back(std::move(row.outcome));
  }
  return found;
}

}  // namespace esclusa::store
