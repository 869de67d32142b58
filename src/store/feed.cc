#include "store/feed.h"

#include <algorithm>

#include "base/trace.h"
#include "store/columns.h"
#include "store/deployment_rows.h"
#include "store/event_bodies.h"

namespace esclusa::store {
namespace {

// The keys of our advisory locks on PostgreSQL are 2^60 + an event id. pg_locks shows a key as two
// halves; these bounds are for the upper half, for ids below 2^53.
const std::string mark_base = "1152921504606846976";
const std::string mark_range = "between 268435456 and 270532607";

}  // namespace

FeedEnd feed_end(sql::Reader& db) {
  if (db.engine() == sql::Engine::sqlite) {
    const int64_t latest =
        db.number("select coalesce(max(seq), 0) from sqlite_sequence where name = 'event'");
    return {latest, latest};
  }
  // Read `latest` before the locks: a transaction that took an id up to `latest` already had its
  // lock.
  const int64_t latest =
      db.number("select case when is_called then last_value else 0 end from event_id_seq");
  static const std::string sql =
      "select min(cast(classid as bigint) * 4294967296 + cast(objid as bigint) - " + mark_base +
      ") from pg_locks where locktype = 'advisory' and objsubid = 1 and cast(classid as bigint) " +
      mark_range +
      " and database = (select oid from pg_database where datname = " + "current_database())";
  const Span span("lock");
  auto mark = db.one(sql, {}, [](const sql::Row& row) { return row.optional_integer(0); });
  return {std::min(latest, mark.value_or(std::nullopt).value_or(latest)), latest};
}

void announce_event(sql::Writer& tx) {
  if (tx.engine() == sql::Engine::sqlite) return;  // one writer: id order is commit order
  const Span span("lock");
  static const std::string sql =
      "select pg_advisory_xact_lock_shared(" + mark_base + " + last_value - 1) from event_id_seq";
  tx.execute(sql);
}

std::vector<FeedRow> list_feed(sql::Reader& db, std::optional<RepositoryId> repository,
                               int64_t after, int64_t up_to, int count) {
  static const std::string columns =
      "select e.id, e.guid, e.repository_id, e.kind, e.action, e.created_at, e.deployment_id, "
      "d.kind, d.origin_deployment_id from event e left join deployment d on d.id = "
      "e.deployment_id ";
  static const std::string rest =
      "e.only_hook_id is null and e.id > $1 and e.id <= $2 order by e.id limit $3";
  static const std::string of_all = columns + "where " + rest;
  static const std::string of_one = columns + "where e.repository_id = $4 and " + rest;
  std::vector<sql::Parameter> parameters = {after, up_to, count};
  if (repository) parameters.emplace_back(repository->value);
  return db.all(repository ? of_one : of_all, parameters, [](const sql::Row& row) {
    FeedRow event;
    event.id = EventId{row.integer(0)};
    event.guid = row.text(1);
    event.repository_id = read_optional_id<RepositoryId>(row, 2);
    event.kind = row.text(3);
    event.action = row.text(4);
    event.created_at = from_micros(row.integer(5));
    event.deployment_id = read_optional_id<DeploymentId>(row, 6);
    event.repeats = read_repeats(row, 7);
    return event;
  });
}

std::optional<std::string> event_body(sql::Reader& db, EventId id) {
  static const std::string sql =
      "select " + std::string(event_body_columns) + " from event_body b where b.event_id = $1";
  return db.one(sql, {id.value}, [](const sql::Row& row) { return read_event_body(row, 0); })
      .value_or(std::nullopt);
}

}  // namespace esclusa::store
