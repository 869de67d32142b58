#include "store/deployments.h"

#include <utility>

#include "base/trace.h"
#include "store/accounts.h"
#include "store/apps.h"
#include "store/columns.h"
#include "store/deployment_logs.h"
#include "store/deployment_rows.h"
#include "store/live.h"

namespace esclusa::store {
namespace {

std::optional<int64_t> human_value(const core::Account& account) {
  return account.kind == core::AccountKind::user ? std::optional(account.id.value)
                                                 : id_value(account.human_id);
}

}  // namespace

DeploymentId insert_deployment(sql::Writer& tx, const core::Deployment& deployment,
                               const core::Actor& creator) {
  const bool released = deployment.phase == core::DeploymentPhase::released;
  const int64_t created_at = to_micros(deployment.created_at);
  const auto& repeats = deployment.repeats;
  const DeploymentId id{tx.insert(
      "insert into deployment (repository_id, environment_id, original_environment_id, kind, ref, "
      "sha, task, payload, description, creator_id, creator_token_id, creator_human_id, "
      "transient_environment, production_environment, phase, released_at, created_at, updated_at, "
      "ref_kind, ref_name, boot_id, boot_micros, app_id, origin_deployment_id) values ($1, $2, $2, "
      "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $18, $19, $20, "
      "$21, $22)",
      {deployment.repository_id.value,
       deployment.environment.id.value,
       core::to_name(repeats ? repeats->kind : core::DeploymentKind::deploy),
       deployment.ref,
       deployment.sha,
       deployment.task,
       deployment.payload,
       deployment.description,
       deployment.creator.id.value,
       token_value(creator),
       human_value(deployment.creator),
       deployment.transient_environment,
       deployment.production_environment,
       core::to_name(deployment.phase),
       released ? std::optional(created_at) : std::nullopt,
       created_at,
       core::to_name(deployment.ref_kind),
       deployment.ref_name,
       deployment.boot.boot_id,
       int64_t{deployment.boot.since_boot.count()},
       app_value(deployment.app),
       repeats ? std::optional(repeats->origin.value) : std::nullopt})};
  follow_insertion(tx, deployment, id);
  return id;
}

std::optional<core::Repeats> read_repeats(const sql::Row& row, int column) {
  const auto origin = read_optional_id<DeploymentId>(row, column + 1);
  if (!origin) return std::nullopt;
  return core::Repeats{read_enum<core::DeploymentKind>(row, column), *origin};
}

std::string select_deployments(std::string_view condition) {
  return "select d.id, d.repository_id, e.id, e.name, oe.id, oe.name, d.ref, d.sha, d.task, "
         "d.payload, d.description, d.transient_environment, d.production_environment, d.phase, "
         "d.state, d.created_at, d.updated_at, d.ref_kind, d.ref_name, d.boot_id, d.boot_micros, " +
         account_columns("c") + ", d.app_id, d.kind, d.origin_deployment_id" +
         " from deployment d join environment_name e on e.id = d.environment_id "
         "join environment_name oe on oe.id = d.original_environment_id "
         "join account c on c.id = d.creator_id " +
         std::string(condition);
}

core::Deployment read_deployment(sql::Reader& db, const sql::Row& row) {
  core::Deployment deployment{
      .id = {row.integer(0)},
      .repository_id = {row.integer(1)},
      .environment = {{row.integer(2)}, std::string(row.text(3))},
      .original_environment = {{row.integer(4)}, std::string(row.text(5))},
      .ref = std::string(row.text(6)),
      .ref_kind = read_enum<core::RefKind>(row, 17),
      .ref_name = std::string(row.text(18)),
      .sha = std::string(row.text(7)),
      .task = std::string(row.text(8)),
      .payload = std::string(row.text(9)),
      .description = row.optional_text(10),
      .creator = read_account(row, 21),
      .app = find_shared_app(db, read_optional_id<AppId>(row, 21 + account_column_count)),
      .repeats = read_repeats(row, 22 + account_column_count),
      .transient_environment = row.boolean(11),
      .production_environment = row.boolean(12),
      .phase = read_enum<core::DeploymentPhase>(row, 13),
      .state = std::nullopt,
      .boot = {std::string(row.text(19)), std::chrono::microseconds(row.integer(20))},
      .created_at = from_micros(row.integer(15)),
      .updated_at = from_micros(row.integer(16)),
  };
  if (!row.is_null(14)) deployment.state = read_enum<core::DeploymentState>(row, 14);
  return deployment;
}

std::optional<core::Deployment> find_deployment(sql::Reader& db, RepositoryId repository,
                                                DeploymentId id) {
  static const std::string sql = select_deployments("where d.id = $1 and d.repository_id = $2");
  return db.one(sql, {id.value, repository.value}, deployment_reader(db));
}

std::optional<EnvironmentNameId> find_original_environment(sql::Reader& db, DeploymentId id) {
  return db.one("select original_environment_id from deployment where id = $1", {id.value},
                [](const sql::Row& row) { return EnvironmentNameId{row.integer(0)}; });
}

std::vector<core::Deployment> list_made_inactive(sql::Reader& db, const core::Deployment& newer) {
  static const std::string sql = select_deployments(
      "where d.environment_id = $1 and d.transient_environment = 0 and "
      "d.production_environment = 0 and d.state = 'success' and d.id < $2 order by d.id");
  return db.all(sql, {newer.environment.id.value, newer.id.value}, deployment_reader(db));
}

void lock_deployment(sql::Writer& tx, DeploymentId id) {
  if (tx.engine() == sql::Engine::sqlite) return;
  const Span span("lock");
  tx.each("select 1 from deployment where id = $1 for update", {id.value}, [](const sql::Row&) {});
}

bool leave_held(sql::Writer& tx, DeploymentId id, core::DeploymentPhase to, Timestamp now) {
  const bool released = to == core::DeploymentPhase::released;
  return tx.execute(
             "update deployment set phase = $2, released_at = $3 where id = $1 and phase = 'held'",
             {id.value, core::to_name(to),
              released ? std::optional(to_micros(now)) : std::nullopt}) == 1;
}

std::vector<core::Deployment> list_held(sql::Reader& db, EnvironmentNameId environment) {
  static const std::string sql =
      select_deployments("where d.environment_id = $1 and d.phase = 'held' order by d.id");
  return db.all(sql, {environment.value}, deployment_reader(db));
}

std::vector<core::Deployment> list_held(sql::Reader& db, RepositoryId repository) {
  static const std::string sql = select_deployments(
      "where d.environment_id in (select n.id from environment_name n where n.repository_id = $1) "
      "and d.phase = 'held' order by d.environment_id, d.id");
  return db.all(sql, {repository.value}, deployment_reader(db));
}

std::vector<core::Deployment> list_held(sql::Reader& db,
                                        const std::optional<core::Deployment>& after, int count) {
  static const std::string sql = select_deployments(
      "where (d.environment_id, d.id) > ($1, $2) and d.phase = 'held' "
      "order by d.environment_id, d.id limit $3");
  return db.all(sql, {after ? after->environment.id.value : 0, after ? after->id.value : 0, count},
                deployment_reader(db));
}

std::vector<core::Deployment> list_due(sql::Reader& db, Timestamp from, Timestamp until,
                                       int count) {
  static const std::string sql = select_deployments(
      "join deployment_gate g on g.deployment_id = d.id where g.state = 'shut' and "
      "g.opens_at >= $1 and g.opens_at <= $2 and d.phase = 'held' "
      "order by g.opens_at, d.id limit $3");
  return db.all(sql, {to_micros(from), to_micros(until), count}, deployment_reader(db));
}

bool is_only_deployment(sql::Reader& db, const core::Deployment& deployment) {
  return db.number(
             "select count(*) from (select 1 from deployment where environment_id = $1 limit 2) "
             "as found",
             {deployment.environment.id.value}) == 1;
}

void delete_deployment(sql::Writer& tx, DeploymentId id) {
  tx.execute(
      "insert into unkept_commit (repository_id, sha) select repository_id, sha from deployment "
      "where id = $1 on conflict (repository_id, sha) do nothing",
      {id.value});
  delete_log(tx, id);
  const auto place =
      tx.one("select environment_id, task from deployment where id = $1", {id.value},
             [](const sql::Row& row) {
               return std::pair(EnvironmentNameId{row.integer(0)}, std::string(row.text(1)));
             });
  tx.execute("delete from deployment_status where deployment_id = $1", {id.value});
  tx.execute("delete from deployment_gate where deployment_id = $1", {id.value});
  tx.execute("delete from deployment_review where deployment_id = $1", {id.value});
  tx.execute("delete from deployment where id = $1", {id.value});
  if (place) follow_deletion(tx, place->first, place->second);
}

int64_t next_event_no(sql::Writer& tx, DeploymentId deployment) {
  return tx.number(
      "update deployment set event_count = event_count + 1 where id = $1 returning event_count",
      {deployment.value});
}

}  // namespace esclusa::store
