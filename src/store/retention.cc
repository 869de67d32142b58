#include "store/retention.h"

#include <initializer_list>

#include "base/check.h"
#include "store/deployments.h"

namespace esclusa::store {
namespace {

/// How many parts of a log one call deletes: some 100 KB each, at most.
constexpr int log_parts = 16;

/// How a list is walked. `$1` is an id, `$2` the time before which rows go, `$3` the number of
/// successes that stay.
struct Walk {
  core::RetentionKey key;
  std::string_view id;    ///< the column
  std::string_view from;  ///< the tables
  std::string_view of;    ///< which rows are in the list at all; by the index of the walk
  std::string_view time;  ///< grows with the ids: the walk ends at `$2`
  std::string_view goes;  ///< which of those rows go
};

/// A newer deployment of the same environment and task has succeeded: what is unfinished will not
/// run any more. The first condition on the state is that of the index deployment_superseding.
#define IS_SUPERSEDED                                                                 \
  "exists (select 1 from deployment n where n.environment_id = d.environment_id and " \
  "n.task = d.task and n.id > d.id and n.state in ('success', 'in_progress') and "    \
  "n.state = 'success')"
/// The table `live` names another deployment as the one with the latest success, and another one as
/// the newest. Without a row there, nobody knows, and so the deployment stays.
#define IS_REPLACED                                                                             \
  "(select count(*) from live l where l.environment_id = d.environment_id and l.task = d.task " \
  "and l.latest_id <> d.id and (l.success_id is null or l.success_id <> d.id)) > 0"
/// One of the latest successes of an environment and task, by the order of the statuses. The
/// conditions on both deployments are those of the index deployment_succeeded.
#define IS_LATE_SUCCESS                                                                         \
  "(d.transient_environment = 0 and d.success_status_id is not null and (select count(*) from " \
  "(select 1 from deployment n where n.environment_id = d.environment_id and n.task = d.task "  \
  "and n.transient_environment = 0 and n.success_status_id is not null and "                    \
  "n.success_status_id > d.success_status_id limit $3) as newer) < $3)"
/// It is no `exists`, because PostgreSQL may read all live claims for that.
#define HAS_LIVE_CLAIM(deployment)                                               \
  "(select count(*) from deployment_claim k where k.deployment_id = " deployment \
  " and k.ended_at is null) > 0"

constexpr Walk walks[] = {
    // The latest push of a repository is the body of a hook's test.
    {core::RetentionKey::event_bodies, "b.event_id",
     "event_body b join event e on e.id = b.event_id", "", "e.created_at",
     "not exists (select 1 from delivery d where d.event_id = b.event_id and "
     "d.state in ('pending', 'held', 'dead')) and "
     "not exists (select 1 from delivery d join redelivery r on r.delivery_id = d.id "
     "where d.event_id = b.event_id) and "
     "not (e.kind = 'push' and e.id = (select max(p.id) from event p where "
     "p.repository_id = e.repository_id and p.kind = 'push'))"},
    // Retries ask for the attempts before, and people for those of a dead letter.
    {core::RetentionKey::attempts, "a.id",
     "delivery_attempt a join delivery d on d.id = a.delivery_id", "", "a.attempted_at",
     "d.state not in ('pending', 'held', 'dead')"},
    {core::RetentionKey::deliveries, "d.id", "delivery d", "", "d.created_at",
     "d.state in ('delivered', 'skipped', 'cancelled') and "
     "not exists (select 1 from redelivery r where r.delivery_id = d.id) and "
     "not exists (select 1 from delivery_attempt a where a.delivery_id = d.id and "
     "a.attempted_at >= $2)"},
    {core::RetentionKey::dead_letters, "d.id", "delivery d", "d.state = 'dead'", "d.created_at",
     "not exists (select 1 from redelivery r where r.delivery_id = d.id) and "
     "not exists (select 1 from delivery_attempt a where a.delivery_id = d.id and "
     "a.attempted_at >= $2)"},
    // No join, for which PostgreSQL may read the deployments from the first one on.
    {core::RetentionKey::run_logs, "l.deployment_id", "deployment_log l", "",
     "(select d.created_at from deployment d where d.id = l.deployment_id)",
     "l.created_at < $2 and not " HAS_LIVE_CLAIM("l.deployment_id")},
    // By time, and so several keys of one moment at once.
    {core::RetentionKey::idempotency_keys, "k.created_at", "idempotency_key k", "", "k.created_at",
     "k.created_at < $2"},
    {core::RetentionKey::ended, "k.id", "deployment_claim k", "", "k.claimed_at",
     "k.ended_at is not null and k.ended_at < $2"},
    {core::RetentionKey::ended, "i.id", "ref_intent i", "", "i.created_at",
     "i.outcome <> 'open' and i.settled_at < $2"},
    {core::RetentionKey::ended, "r.id", "redelivery r", "", "r.created_at", "r.created_at < $2"},
    {core::RetentionKey::ended, "t.id", "installation_token t", "", "t.created_at",
     "(t.expires_at < $2 or t.revoked_at < $2)"},
    {core::RetentionKey::deployments, "d.id", "deployment d", "", "d.created_at",
     "d.phase <> 'held' and (d.state in ('failure', 'error', 'inactive') or "
     // A transient deployment is live by itself.
     "(d.state = 'success' and d.transient_environment = 0) or "
     "((d.state is null or d.state in ('queued', 'pending')) and " IS_SUPERSEDED
     ")) and not " HAS_LIVE_CLAIM("d.id") " and " IS_REPLACED " and not " IS_LATE_SUCCESS},
};
static_assert(std::size(walks) == prune_list_count);

const Walk& walk_of(PruneList list) { return walks[static_cast<size_t>(list)]; }

/// Rows with their id, whether they go, and their time. `$1` is compared with the id by
/// `comparison`.
std::string select_rows(const Walk& walk, std::string_view comparison) {
  std::string sql = "select " + std::string(walk.id) + ", case when " + std::string(walk.time) +
                    " < $2 and " + std::string(walk.goes) + " then 1 else 0 end, " +
                    std::string(walk.time) + " from " + std::string(walk.from) + " where ";
  if (!walk.of.empty()) sql += std::string(walk.of) + " and ";
  return sql + std::string(walk.id) + " " + std::string(comparison) + " $1 order by " +
         std::string(walk.id);
}

std::vector<sql::Parameter> parameters_of(const PruneRule& rule, int64_t id) {
  std::vector<sql::Parameter> parameters = {id, to_micros(rule.before)};
  if (rule.list == PruneList::deployments) parameters.emplace_back(rule.keep_successes);
  return parameters;
}

bool may_go(sql::Reader& db, const PruneRule& rule, int64_t id) {
  bool goes = false;
  const std::string sql = select_rows(walk_of(rule.list), "=") + " limit 1";
  db.each(sql, parameters_of(rule, id), [&](const sql::Row& row) { goes = row.boolean(1); });
  return goes;
}

/// Deletes by each statement, whose `$1` is the id; the number of rows.
int64_t delete_by(sql::Writer& tx, int64_t id, std::initializer_list<std::string_view> statements) {
  int64_t rows = 0;
  for (const std::string_view sql : statements) rows += tx.execute(sql, {id});
  return rows;
}

/// Deletes some parts of a log, and with the last ones its row. While parts are left, the size is
/// 0, which means that there is no log.
Pruned prune_log(sql::Writer& tx, int64_t deployment) {
  tx.execute(
      "update deployment_log set size = 0, part_count = 0 where deployment_id = $1 and size > 0",
      {deployment});
  const int64_t parts = tx.execute(
      "delete from deployment_log_part where deployment_id = $1 and end_at in (select end_at from "
      "deployment_log_part where deployment_id = $1 order by end_at limit $2)",
      {deployment, log_parts});
  if (parts == log_parts) return {parts, false};
  return {parts +
          delete_by(tx, deployment, {"delete from deployment_log where deployment_id = $1"})};
}

Pruned prune_deployment(sql::Writer& tx, int64_t id) {
  const auto log = prune_log(tx, id);
  if (!log.is_gone) return log;
  const int64_t rows =
      delete_by(tx, id,
                {"delete from deployment_claim where deployment_id = $1 and ended_at is not null",
                 "delete from custom_rule_answer where deployment_id = $1",
                 "delete from deployment_status where deployment_id = $1",
                 "delete from deployment_gate where deployment_id = $1",
                 "delete from deployment_review where deployment_id = $1"});
  delete_deployment(tx, {id});
  return {log.rows + rows + 1};
}

}  // namespace

core::RetentionKey key_of(PruneList list) { return walk_of(list).key; }

PrunePage find_prunable(sql::Reader& db, const PruneRule& rule, int64_t after) {
  PrunePage page;
  page.last = after;
  int count = 0;
  const std::string sql =
      select_rows(walk_of(rule.list), ">") + " limit " + std::to_string(prune_page_rows);
  db.each(sql, parameters_of(rule, after), [&](const sql::Row& row) {
    ++count;
    if (page.is_end) return;
    const Timestamp time = from_micros(row.integer(2));
    if (time >= rule.before && time <= rule.now) {
      page.is_end = true;
      return;
    }
    page.last = row.integer(0);
    if (!row.boolean(1)) return;
    if (page.ids.empty() || page.ids.back() != page.last) page.ids.push_back(page.last);
    if (!page.oldest || time < *page.oldest) page.oldest = time;
  });
  if (count < prune_page_rows) page.is_end = true;
  return page;
}

Pruned prune(sql::Writer& tx, const PruneRule& rule, int64_t id) {
  if (rule.list == PruneList::deployments) lock_deployment(tx, {id});
  if (!may_go(tx, rule, id)) return {};
  switch (rule.list) {
    case PruneList::event_bodies:
      return {delete_by(tx, id, {"delete from event_body where event_id = $1"})};
    case PruneList::attempts:
      return {delete_by(tx, id, {"delete from delivery_attempt where id = $1"})};
    case PruneList::deliveries:
    case PruneList::dead_letters:
      return {delete_by(tx, id,
                        {"delete from delivery_attempt where delivery_id = $1",
                         "delete from delivery where id = $1"})};
    case PruneList::run_logs: return prune_log(tx, id);
    case PruneList::idempotency_keys:
      return {delete_by(tx, id, {"delete from idempotency_key where created_at = $1"})};
    case PruneList::claims:
      return {delete_by(tx, id, {"delete from deployment_claim where id = $1"})};
    case PruneList::ref_intents:
      return {delete_by(tx, id, {"delete from ref_intent where id = $1"})};
    case PruneList::redeliveries:
      return {delete_by(tx, id, {"delete from redelivery where id = $1"})};
    case PruneList::installation_tokens:
      return {
          delete_by(tx, id,
                    {"delete from installation_token_repository where installation_token_id = $1",
                     "delete from installation_token where id = $1"})};
    case PruneList::deployments: return prune_deployment(tx, id);
  }
  bug("an unknown list is pruned");
}

std::vector<UnkeptCommitRow> list_unkept_commits(sql::Reader& db, const UnkeptCommitRow& after,
                                                 int count) {
  return db.all(
      "select repository_id, sha from unkept_commit where (repository_id, sha) > ($1, $2) "
      "order by repository_id, sha limit $3",
      {after.repository_id.value, after.sha, count}, [](const sql::Row& row) {
        return UnkeptCommitRow{{row.integer(0)}, std::string(row.text(1))};
      });
}

bool is_deployed(sql::Reader& db, const std::string& path, const std::string& sha) {
  return db.number(
             "select count(*) from (select 1 from repository r join deployment d on "
             "d.repository_id = r.id and d.sha = $2 where r.path = $1 limit 1) as found",
             {path, sha}) > 0;
}

void forget_unkept_commit(sql::Writer& tx, const UnkeptCommitRow& row) {
  tx.execute("delete from unkept_commit where repository_id = $1 and sha = $2",
             {row.repository_id.value, row.sha});
}

std::optional<core::RetentionMoment> find_retention_moment(sql::Reader& db) {
  auto told = db.one("select told_at, boot_id, since_boot from retention_clock where only_row = 1",
                     {}, [](const sql::Row& row) {
                       return core::RetentionMoment{
                           from_micros(row.integer(0)),
                           {std::string(row.text(1)), std::chrono::microseconds(row.integer(2))}};
                     });
  if (told) return told;
  return db.one("select at from audit order by id desc limit 1", {}, [](const sql::Row& row) {
    return core::RetentionMoment{from_micros(row.integer(0)), {}};
  });
}

void save_retention_moment(sql::Writer& tx, const core::RetentionMoment& moment) {
  tx.execute(
      "insert into retention_clock (only_row, told_at, boot_id, since_boot) "
      "values (1, $1, $2, $3) on conflict (only_row) do update set told_at = excluded.told_at, "
      "boot_id = excluded.boot_id, since_boot = excluded.since_boot",
      {to_micros(moment.time), moment.boot.boot_id, int64_t{moment.boot.since_boot.count()}});
}

}  // namespace esclusa::store
