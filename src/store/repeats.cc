#include "store/repeats.h"

#include <algorithm>
#include <limits>
#include <string>

#include "store/columns.h"
#include "store/deployment_rows.h"

namespace esclusa::store {
namespace {

/// A deployment that has succeeded, as the order of the successes needs it.
struct Success {
  int64_t id = 0;
  std::optional<int64_t> status;
  std::string sha;
  std::optional<core::Repeats> repeats;
};

constexpr std::string_view success_columns =
    "select d.id, d.success_status_id, d.sha, d.kind, d.origin_deployment_id from deployment d ";

Success read_success(const sql::Row& row) {
  return {row.integer(0), row.optional_integer(1), std::string(row.text(2)), read_repeats(row, 3)};
}

/// The deployment with the latest success, live or not.
std::optional<Success> find_latest(sql::Reader& db, EnvironmentNameId environment,
                                   std::string_view task) {
  static const std::string sql =
      std::string(success_columns) +
      "join live l on l.success_id = d.id where l.environment_id = $1 and l.task = $2 and "
      "d.environment_id = l.environment_id";
  return db.one(sql, {environment.value, task}, read_success);
}

/// Older successes count up to here.
struct Bound {
  int64_t status = std::numeric_limits<int64_t>::max();
  int64_t id = std::numeric_limits<int64_t>::max();
};

/// Before the origin of a rollback, and of the rollback that it was, and so on. Of an origin that
/// was deleted only the id is known.
Bound bound_of(sql::Reader& db, EnvironmentNameId environment, Success success) {
  static const std::string sql =
      std::string(success_columns) + "where d.id = $1 and d.environment_id = $2";
  Bound bound;
  bound.status = success.status.value_or(bound.status);
  for (int followed = 0; followed < rollbacks_followed; ++followed) {
    const auto& repeats = success.repeats;
    if (!repeats || repeats->kind != core::DeploymentKind::rollback) break;
    auto origin = db.one(sql, {repeats->origin.value, environment.value}, read_success);
    if (!origin) {
      bound.id = repeats->origin.value;
      break;
    }
    bound.status = std::min(bound.status, origin->status.value_or(bound.status));
    success = *std::move(origin);
  }
  return bound;
}

}  // namespace

std::optional<core::Deployment> find_live_deployment(sql::Reader& db, EnvironmentNameId environment,
                                                     std::string_view task) {
  static const std::string sql = select_deployments(
      "join live l on l.success_id = d.id where l.environment_id = $1 and l.task = $2 and "
      "d.environment_id = l.environment_id and d.state = 'success'");
  return db.one(sql, {environment.value, task}, deployment_reader(db));
}

std::optional<DeploymentId> lock_live(sql::Writer& tx, EnvironmentNameId environment,
                                      std::string_view task) {
  if (tx.engine() == sql::Engine::postgres) {
    tx.each("select 1 from live where environment_id = $1 and task = $2 for update",
            {environment.value, task}, [](const sql::Row&) {});
  }
  const auto live = find_live_deployment(tx, environment, task);
  return live ? std::optional(live->id) : std::nullopt;
}

std::optional<core::Deployment> find_live_before(sql::Reader& db, EnvironmentNameId environment,
                                                 std::string_view task) {
  const auto latest = find_latest(db, environment, task);
  if (!latest) return std::nullopt;
  const Bound bound = bound_of(db, environment, *latest);
  const auto found = db.one(
      "select s.id from (select d.id, d.sha, d.state, d.success_status_id from deployment d "
      "where d.environment_id = $1 and d.task = $2 and d.success_status_id < $3 and "
      "d.success_status_id is not null and d.transient_environment = 0 "
      "order by d.success_status_id desc limit $4) as s "
      "where s.sha <> $5 and s.id < $6 and s.state not in ('failure', 'error') "
      "order by s.success_status_id desc limit 1",
      {environment.value, task, bound.status, live_before_scanned, latest->sha, bound.id},
      [](const sql::Row& row) { return row.integer(0); });
  if (!found) return std::nullopt;
  static const std::string sql = select_deployments("where d.id = $1");
  return db.one(sql, {*found}, deployment_reader(db));
}

bool has_succeeded(sql::Reader& db, DeploymentId id) {
  return db.number(
             "select count(*) from deployment where id = $1 and success_status_id is not null",
             {id.value}) == 1;
}

}  // namespace esclusa::store
