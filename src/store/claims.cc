#include "store/claims.h"

#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

constexpr int claim_column_count = 16 + account_column_count;

/// The columns of a claim `k`, of its account `a` and of its agent's token `t`.
const std::string& claim_columns() {
  static const std::string columns =
      "k.id, k.deployment_id, k.repository_id, k.agent_token_id, t.name, k.token_id, k.seconds, "
      "k.state, k.claimed_at, k.beat_at, k.boot_id, k.since_boot, k.started_at, "
      "k.secrets_given_at, k.ended_at, k.end_reason, " +
      account_columns("a");
  return columns;
}

core::DeploymentClaim read_claim(const sql::Row& row) {
  core::DeploymentClaim claim{
      .id = {row.integer(0)},
      .deployment_id = {row.integer(1)},
      .repository_id = {row.integer(2)},
      .owner = read_account(row, 16),
      .agent_token_id = read_optional_id<AgentTokenId>(row, 3),
      .agent = row.optional_text(4).value_or(""),
      .token_id = read_optional_id<TokenId>(row, 5),
      .seconds = std::chrono::seconds(row.integer(6)),
      .state = read_enum<core::ClaimState>(row, 7),
      .claimed_at = from_micros(row.integer(8)),
      .beat = {from_micros(row.integer(9)),
               {std::string(row.text(10)), std::chrono::microseconds(row.integer(11))}},
      .started_at = read_optional_time(row, 12),
      .secrets_given_at = read_optional_time(row, 13),
      .ended_at = read_optional_time(row, 14),
  };
  if (!row.is_null(15)) claim.end_reason = read_enum<core::ClaimEnd>(row, 15);
  return claim;
}

std::string select_claims(std::string_view condition) {
  return "select " + claim_columns() +
         " from deployment_claim k join account a on a.id = k.account_id "
         "left join agent_token t on t.id = k.agent_token_id where " +
         std::string(condition);
}

int64_t due_at(const core::DeploymentClaim& claim) {
  return to_micros(claim.beat.wall + claim.seconds);
}

int64_t micros(std::chrono::microseconds time) { return time.count(); }

}  // namespace

DeploymentClaimId insert_claim(sql::Writer& tx, const core::DeploymentClaim& claim) {
  const BootTime& boot = claim.beat.boot;
  return {tx.insert(
      "insert into deployment_claim (deployment_id, repository_id, account_id, agent_token_id, "
      "token_id, seconds, state, claimed_at, beat_at, boot_id, since_boot, due_at, "
      "due_since_boot) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
      {claim.deployment_id.value, claim.repository_id.value, claim.owner.id.value,
       id_value(claim.agent_token_id), id_value(claim.token_id), int64_t{claim.seconds.count()},
       core::to_name(claim.state), to_micros(claim.claimed_at), to_micros(claim.beat.wall),
       boot.boot_id, micros(boot.since_boot), due_at(claim),
       micros(boot.since_boot + claim.seconds)})};
}

std::optional<core::DeploymentClaim> find_claim(sql::Reader& db, DeploymentId deployment,
                                                DeploymentClaimId fence) {
  static const std::string sql = select_claims("k.id = $1 and k.deployment_id = $2");
  return db.one(sql, {fence.value, deployment.value}, read_claim);
}

std::optional<core::DeploymentClaim> find_latest_claim(sql::Reader& db, DeploymentId deployment) {
  static const std::string sql = select_claims("k.deployment_id = $1 order by k.id desc limit 1");
  return db.one(sql, {deployment.value}, read_claim);
}

StatusFacts gather_status_facts(sql::Reader& db, DeploymentId deployment,
                                EnvironmentNameId original_environment) {
  static const std::string sql =
      "select " + claim_columns() +
      ", e.requires_claim from environment_name n "
      "left join environment e on e.environment_name_id = n.id "
      "left join deployment_claim k on k.deployment_id = $1 and k.ended_at is null "
      "left join account a on a.id = k.account_id "
      "left join agent_token t on t.id = k.agent_token_id where n.id = $2";
  return db
      .one(sql, {deployment.value, original_environment.value},
           [](const sql::Row& row) {
             StatusFacts facts;
             if (!row.is_null(0)) facts.live = read_claim(row);
             facts.requires_claim = row.optional_integer(claim_column_count).value_or(0) != 0;
             return facts;
           })
      .value_or(StatusFacts{});
}

void save_beat(sql::Writer& tx, const core::DeploymentClaim& claim) {
  const BootTime& boot = claim.beat.boot;
  tx.execute(
      "update deployment_claim set beat_at = $2, boot_id = $3, since_boot = $4, due_at = $5, "
      "due_since_boot = $6 where id = $1",
      {claim.id.value, to_micros(claim.beat.wall), boot.boot_id, micros(boot.since_boot),
       due_at(claim), micros(boot.since_boot + claim.seconds)});
}

void start_claim(sql::Writer& tx, DeploymentClaimId id, Timestamp now) {
  tx.execute("update deployment_claim set state = 'started', started_at = $2 where id = $1",
             {id.value, to_micros(now)});
}

bool note_secrets_given(sql::Writer& tx, DeploymentClaimId id, Timestamp now) {
  return tx.execute(
             "update deployment_claim set secrets_given_at = $2 "
             "where id = $1 and secrets_given_at is null and ended_at is null",
             {id.value, to_micros(now)}) == 1;
}

bool end_claim(sql::Writer& tx, DeploymentId deployment, core::ClaimEnd reason, Timestamp now) {
  return tx.execute(
             "update deployment_claim set state = 'ended', ended_at = $2, end_reason = $3 "
             "where deployment_id = $1 and ended_at is null",
             {deployment.value, to_micros(now), core::to_name(reason)}) == 1;
}

void end_claims(sql::Writer& tx, RepositoryId repository, core::ClaimEnd reason, Timestamp now) {
  tx.execute(
      "update deployment_claim set state = 'ended', ended_at = $2, end_reason = $3 "
      "where repository_id = $1 and ended_at is null",
      {repository.value, to_micros(now), core::to_name(reason)});
}

std::optional<DeploymentId> find_superseding(sql::Reader& db, const core::Deployment& deployment) {
  return db.one(
      "select id from deployment where environment_id = $1 and task = $2 and id > $3 "
      "and state in ('success', 'in_progress') order by id desc limit 1",
      {deployment.original_environment.id.value, deployment.task, deployment.id.value},
      [](const sql::Row& row) { return DeploymentId{row.integer(0)}; });
}

std::optional<core::DeploymentState> find_reached_state(sql::Reader& db, DeploymentId deployment) {
  return db.one(
      "select state from deployment_status where deployment_id = $1 and state in "
      "('success', 'failure', 'error', 'inactive', 'in_progress') "
      "order by case state when 'in_progress' then 1 else 0 end limit 1",
      {deployment.value},
      [](const sql::Row& row) { return read_enum<core::DeploymentState>(row, 0); });
}

std::vector<DueClaim> list_due_claims(sql::Reader& db, const core::GateTime& now, int count) {
  const auto read = [](const sql::Row& row) {
    return DueClaim{{row.integer(0)}, {row.integer(1)}, {row.integer(2)}};
  };
  auto due = db.all(
      "select id, deployment_id, repository_id from deployment_claim "
      "where state = 'started' and boot_id = $1 and due_since_boot <= $2 "
      "order by due_since_boot limit $3",
      {now.boot.boot_id, micros(now.boot.since_boot), count}, read);
  const auto by_wall = db.all(
      "select id, deployment_id, repository_id from deployment_claim "
      "where state = 'started' and due_at <= $1 and (boot_id <> $2 or boot_id = '') "
      "order by due_at limit $3",
      {to_micros(now.wall), now.boot.boot_id, count}, read);
  due.insert(due.end(), by_wall.begin(), by_wall.end());
  return due;
}

}  // namespace esclusa::store
