#include "store/live.h"

#include <algorithm>

#include "base/limits.h"
#include "store/deployment_rows.h"

namespace esclusa::store {
namespace {

/// What a row says, except for its key.
struct LiveIds {
  int64_t latest = 0;
  std::optional<int64_t> success, success_status;
  bool operator==(const LiveIds&) const = default;
};

/// What the deployments say; nothing if there are none.
std::optional<LiveIds> derive(sql::Reader& db, EnvironmentNameId environment,
                              std::string_view task) {
  const auto latest = db.one(
      "select id from deployment where environment_id = $1 and task = $2 order by id desc limit 1",
      {environment.value, task}, [](const sql::Row& row) { return row.integer(0); });
  if (!latest) return std::nullopt;
  LiveIds ids{.latest = *latest, .success = {}, .success_status = {}};
  db.each(
      "select id, success_status_id from deployment where environment_id = $1 and task = $2 and "
      "success_status_id is not null and transient_environment = 0 "
      "order by success_status_id desc limit 1",
      {environment.value, task}, [&](const sql::Row& row) {
        ids.success = row.integer(0);
        ids.success_status = row.integer(1);
      });
  return ids;
}

void write(sql::Writer& tx, EnvironmentNameId environment, std::string_view task,
           const std::optional<LiveIds>& ids) {
  if (!ids) {
    tx.execute("delete from live where environment_id = $1 and task = $2",
               {environment.value, task});
    return;
  }
  tx.execute(
      "insert into live (environment_id, task, latest_id, success_id, success_status_id) "
      "values ($1, $2, $3, $4, $5) on conflict (environment_id, task) do update set "
      "latest_id = excluded.latest_id, success_id = excluded.success_id, "
      "success_status_id = excluded.success_status_id",
      {environment.value, task, ids->latest, ids->success, ids->success_status});
}

std::optional<LiveIds> read(sql::Reader& db, const core::LivePosition& position) {
  return db.one(
      "select latest_id, success_id, success_status_id from live "
      "where environment_id = $1 and task = $2",
      {position.environment_id, position.task}, [](const sql::Row& row) {
        return LiveIds{row.integer(0), row.optional_integer(1), row.optional_integer(2)};
      });
}

core::LivePosition read_position(const sql::Row& row) {
  return {row.integer(0), std::string(row.text(1))};
}

LiveRow read_row(const sql::Row& row) {
  return {read_position(row), {row.integer(2)}, std::string(row.text(3))};
}

/// The first place after that one which has a row or a deployment.
std::optional<core::LivePosition> next_place(sql::Reader& db, const core::LivePosition& after) {
  const auto first_of = [&](std::string_view table) {
    return db.one("select environment_id, task from " + std::string(table) +
                      " where (environment_id, task) > ($1, $2) "
                      "order by environment_id, task limit 1",
                  {after.environment_id, after.task}, read_position);
  };
  const auto row = first_of("live"), made = first_of("deployment");
  if (!row || !made) return row ? row : made;
  return std::min(*row, *made);
}

}  // namespace

void follow_insertion(sql::Writer& tx, const core::Deployment& deployment, DeploymentId id) {
  tx.execute(
      "insert into live (environment_id, task, latest_id) values ($1, $2, $3) "
      "on conflict (environment_id, task) do update set latest_id = excluded.latest_id "
      "where live.latest_id < excluded.latest_id",
      {deployment.environment.id.value, deployment.task, id.value});
}

void follow_status(sql::Writer& tx, const core::Deployment& before,
                   const core::DeploymentStatus& status) {
  const EnvironmentNameId from = before.environment.id, to = status.environment.id;
  if (from != to) {
    write(tx, from, before.task, derive(tx, from, before.task));
    write(tx, to, before.task, derive(tx, to, before.task));
    return;
  }
  if (status.state != core::DeploymentState::success || before.transient_environment) return;
  const auto changed = tx.execute(
      "update live set success_id = $3, success_status_id = $4 "
      "where environment_id = $1 and task = $2",
      {to.value, before.task, before.id.value, status.id.value});
  if (changed == 0) write(tx, to, before.task, derive(tx, to, before.task));
}

void follow_deletion(sql::Writer& tx, EnvironmentNameId environment, std::string_view task) {
  write(tx, environment, task, derive(tx, environment, task));
}

std::vector<LiveRow> list_live(sql::Reader& db, const core::LivePosition& after, int count) {
  return db.all(
      "select l.environment_id, l.task, n.repository_id, n.name from live l "
      "join environment_name n on n.id = l.environment_id "
      "where (l.environment_id, l.task) > ($1, $2) order by l.environment_id, l.task limit $3",
      {after.environment_id, after.task, count}, read_row);
}

std::vector<LiveRow> list_live(sql::Reader& db, RepositoryId repository,
                               const core::LivePosition& after, int count) {
  return db.all(  // `cross join`: SQLite goes through the names in their order, and sorts nothing
      "select l.environment_id, l.task, n.repository_id, n.name from environment_name n "
      "cross join live l where n.repository_id = $4 and n.id >= $1 and l.environment_id = n.id and "
      "(l.environment_id, l.task) > ($1, $2) order by n.id, l.task limit $3",
      {after.environment_id, after.task, count, repository.value}, read_row);
}

std::vector<LiveRow> list_live(sql::Reader& db, EnvironmentNameId environment,
                               const core::LivePosition& after, int count) {
  if (after.environment_id > environment.value) return {};
  const bool is_within = after.environment_id == environment.value;
  return db.all(
      "select l.environment_id, l.task, n.repository_id, n.name from live l "
      "join environment_name n on n.id = l.environment_id "
      "where l.environment_id = $1 and l.task > $2 order by l.task limit $3",
      {environment.value, is_within ? after.task : "", count}, read_row);
}

std::optional<core::Live> find_live(sql::Reader& db, const core::LivePosition& position) {
  static const std::string latest_sql = select_deployments(
      "join live l on l.latest_id = d.id where l.environment_id = $1 and l.task = $2");
  static const std::string live_sql = select_deployments(
      "join live l on l.success_id = d.id where l.environment_id = $1 and l.task = $2 and "
      "d.environment_id = l.environment_id and d.state = 'success'");
  static const std::string transient_sql = select_deployments(
      "where d.environment_id = $1 and d.transient_environment = 1 and "
      "d.production_environment in (0, 1) and d.state = 'success' and d.task = $2 "
      "order by d.id desc limit $3");
  const auto latest =
      db.one(latest_sql, {position.environment_id, position.task}, deployment_reader(db));
  if (!latest) return std::nullopt;
  return core::Live{
      .repository_id = latest->repository_id,
      .environment = latest->environment,
      .task = position.task,
      .live = db.one(live_sql, {position.environment_id, position.task}, deployment_reader(db)),
      .latest = *latest,
      .waiting_count =
          db.number("select count(*) from (select 1 from deployment d where "
                    "d.environment_id = $1 and d.phase = 'held' and d.task = $2 limit $3) as held",
                    {position.environment_id, position.task, limits::live_listed}),
      .transient =
          db.all(transient_sql, {position.environment_id, position.task, limits::live_listed},
                 deployment_reader(db))};
}

LiveRepair repair_live(sql::Writer& tx, const core::LivePosition& after, int count) {
  LiveRepair repair;
  core::LivePosition position = after;
  for (int looked_at = 0; looked_at < count; ++looked_at) {
    auto next = next_place(tx, position);
    if (!next) return repair;
    position = *std::move(next);
    const auto right = derive(tx, {position.environment_id}, position.task);
    if (read(tx, position) != right) {
      write(tx, {position.environment_id}, position.task, right);
      ++repair.wrong;
    }
    repair.last = position;
  }
  return repair;
}

}  // namespace esclusa::store
