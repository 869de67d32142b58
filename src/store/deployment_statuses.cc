#include "store/deployment_statuses.h"

#include "store/accounts.h"
#include "store/apps.h"
#include "store/columns.h"
#include "store/live.h"

namespace esclusa::store {

namespace {

std::string select_statuses(std::string_view condition) {
  return "select s.id, s.deployment_id, d.repository_id, s.state, s.description, e.id, e.name, "
         "s.target_url, s.environment_url, s.created_at, s.updated_at, " +
         account_columns("c") + ", s.app_id" +
         " from deployment_status s join deployment d on d.id = s.deployment_id "
         "join environment_name e on e.id = s.environment_id "
         "join account c on c.id = s.creator_id " +
         std::string(condition);
}

core::DeploymentStatus read_status(sql::Reader& db, const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .deployment_id = {row.integer(1)},
      .repository_id = {row.integer(2)},
      .state = read_enum<core::DeploymentState>(row, 3),
      .description = std::string(row.text(4)),
      .environment = {{row.integer(5)}, std::string(row.text(6))},
      .target_url = std::string(row.text(7)),
      .environment_url = std::string(row.text(8)),
      .creator = read_account(row, 11),
      .app = find_shared_app(db, read_optional_id<AppId>(row, 11 + account_column_count)),
      .created_at = from_micros(row.integer(9)),
      .updated_at = from_micros(row.integer(10)),
  };
}

auto status_reader(sql::Reader& db) {
  return [&db](const sql::Row& row) { return read_status(db, row); };
}

}  // namespace

DeploymentStatusId insert_status(sql::Writer& tx, const core::Deployment& before,
                                 core::DeploymentStatus status, const core::Actor& creator) {
  const int64_t created_at = to_micros(status.created_at);
  status.id = {tx.insert(
      "insert into deployment_status (deployment_id, state, description, environment_id, "
      "target_url, environment_url, creator_id, creator_token_id, created_at, updated_at, "
      "app_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
      {status.deployment_id.value, core::to_name(status.state), status.description,
       status.environment.id.value, status.target_url, status.environment_url,
       status.creator.id.value, token_value(creator), created_at, app_value(status.app)})};
  const bool is_success = status.state == core::DeploymentState::success;
  tx.execute(
      "update deployment set state = $2, environment_id = $3, updated_at = $4, success_status_id = "
      "case when $5 = 1 then $6 when environment_id = $3 then success_status_id end where id = $1",
      {status.deployment_id.value, core::to_name(status.state), status.environment.id.value,
       created_at, is_success, status.id.value});
  follow_status(tx, before, status);
  return status.id;
}

std::optional<core::DeploymentStatus> find_status(sql::Reader& db, DeploymentId deployment,
                                                  DeploymentStatusId id) {
  static const std::string sql = select_statuses("where s.id = $1 and s.deployment_id = $2");
  return db.one(sql, {id.value, deployment.value}, status_reader(db));
}

core::Listing<core::DeploymentStatus> list_statuses(sql::Reader& db, DeploymentId deployment,
                                                    const core::Page& page) {
  static const std::string sql =
      select_statuses("where s.deployment_id = $1 order by s.id desc limit $2 offset $3");
  return {db.all(sql, {deployment.value, page.size, page.offset()}, status_reader(db)),
          db.number("select count(*) from deployment_status where deployment_id = $1",
                    {deployment.value})};
}

}  // namespace esclusa::store
