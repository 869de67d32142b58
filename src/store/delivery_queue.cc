#include "store/delivery_queue.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "store/attempt_texts.h"
#include "store/audit.h"
#include "store/columns.h"
#include "store/deployment_rows.h"
#include "store/event_bodies.h"
#include "store/hook_health.h"
#include "store/hook_rows.h"

namespace esclusa::store {

namespace {

constexpr int body_column = 9;
constexpr int superseding_column = body_column + event_body_column_count;
constexpr int repeats_column = superseding_column + 3;
constexpr int first_hook_column = repeats_column + 2;

/// The newest live deployment in the environment of a `deployment` event, if it is newer.
constexpr std::string_view superseding =
    "case when e.kind = 'deployment' then (select max(n.id) from deployment n where "
    "n.environment_id = e.environment_id and n.state = 'success' and n.id > e.deployment_id) end";

/// Whether the delivery was skipped before. If so, somebody has requested it again.
constexpr std::string_view skipped_before =
    "case when h.when_superseded = 'skip' and exists (select 1 from delivery_attempt s where "
    "s.delivery_id = d.id and s.status_code = 0) then 1 else 0 end";

std::string select_deliveries() {
  return "select d.id, d.attempt_count, e.id, e.guid, e.repository_id, e.kind, e.event_no, "
         "e.deployment_id, d.order_environment_id, " +
         std::string(event_body_columns) + ", " + std::string(superseding) + ", " +
         std::string(skipped_before) + ", d.installation_id, k.kind, k.origin_deployment_id, " +
         hook_columns();
}

/// The condition under which a delivery may be sent at all: the hook's creator is not blocked, and
/// the installation by which an app hears of it neither suspended nor removed. It is no `exists`,
/// because PostgreSQL may read the whole table of installations for that.
#define MAY_HEAR                                                                                \
  "c.blocked_at is null and (d.installation_id is null or (select case when i.suspended_at is " \
  "null and i.removed_at is null then 1 else 0 end from installation i "                        \
  "where i.id = d.installation_id) = 1)"
/// Unless somebody asks for it: the hook is active, or the event is for this hook only.
constexpr std::string_view may_be_sent =
    " and " MAY_HEAR " and (h.active = 1 or e.only_hook_id is not null)";

constexpr std::string_view joined_tables =
    " join event e on e.id = d.event_id left join event_body b on b.event_id = e.id "
    "left join deployment k on k.id = e.deployment_id "
    "join hook h on h.id = d.hook_id join account c on c.id = h.creator_id ";

DueDelivery read_delivery(const sql::Row& row, const Sealer& sealer) {
  DueDelivery due;
  due.id = {row.integer(0)};
  due.attempt_count = static_cast<int>(row.integer(1));
  due.event.id = {row.integer(2)};
  due.event.guid = row.text(3);
  due.event.repository_id = read_optional_id<RepositoryId>(row, 4);
  due.event.kind = row.text(5);
  due.event.event_no = row.integer(6);
  due.event.deployment_id = read_optional_id<DeploymentId>(row, 7);
  due.body = read_event_body(row, body_column);
  due.superseded_by = read_optional_id<DeploymentId>(row, superseding_column);
  due.skipped_before = row.boolean(superseding_column + 1);
  due.installation_id = read_optional_id<InstallationId>(row, superseding_column + 2);
  due.repeats = read_repeats(row, repeats_column);
  due.hook = read_hook(row, sealer, first_hook_column);
  due.lane = {due.hook.id, row.integer(8)};
  return due;
}

DeliveryLane read_lane(const sql::Row& row) { return {{row.integer(0)}, row.integer(1)}; }

/// A condition that excludes the ids, which become parameters. Ids are repeated, so that few
/// different statements are prepared.
template <class Id>
std::string except_ids(const std::string& column, const std::vector<Id>& ids,
                       std::vector<sql::Parameter>& parameters) {
  if (ids.empty()) return "";
  std::vector<std::string> places;
  for (size_t i = 0; i < std::bit_ceil(ids.size()); ++i) {
    parameters.emplace_back(ids[std::min(i, ids.size() - 1)].value);
    places.push_back("$" + std::to_string(parameters.size()));
  }
  return " and " + column + " not in (" + join(places, ", ") + ")";
}

/// The same for the repositories of events `e`. An event of an organization's hook has none: 0.
std::string except_repositories(const std::vector<RepositoryId>& repositories,
                                std::vector<sql::Parameter>& parameters) {
  return except_ids("coalesce(e.repository_id, 0)", repositories, parameters);
}

/// The same for a delivery `d` of an event `e`.
std::string except_busy(const BusySenders& except, std::vector<sql::Parameter>& parameters) {
  return except_ids("d.hook_id", except.hooks, parameters) +
         except_repositories(except.repositories, parameters);
}

/// Those that may be sent at the time $1.
std::string select_due() {
  return select_deliveries() + " from delivery d" + std::string(joined_tables) +
         "where d.state = 'pending' and d.next_attempt_at <= $1" + std::string(may_be_sent);
}

}  // namespace

std::optional<DueDelivery> find_due_in(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                       const DeliveryLane& lane) {
  // The states are those of the index delivery_order.
  static const std::string sql = select_due() +
                                 " and d.id = (select min(id) from delivery where hook_id = $2 and "
                                 "order_environment_id = $3 and state in ('pending', 'held'))";
  return db.one(sql, {to_micros(now), lane.hook.value, lane.environment},
                [&](const sql::Row& row) { return read_delivery(row, sealer); });
}

std::vector<DueDelivery> list_unordered(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                        const UnorderedQuery& query) {
  std::vector<sql::Parameter> parameters = {to_micros(now), query.hook.value,
                                            static_cast<int64_t>(query.limit)};
  const std::string sql = select_due() + " and d.hook_id = $2 and d.order_environment_id = 0" +
                          except_ids("d.id", query.except, parameters) +
                          except_repositories(query.busy_repositories, parameters) +
                          " order by d.next_attempt_at, d.id limit $3";
  return db.all(sql, parameters, [&](const sql::Row& row) { return read_delivery(row, sealer); });
}

std::vector<DeliveryLane> list_lanes(sql::Reader& db, DeliveryLane after, size_t limit) {
  std::vector<DeliveryLane> lanes;
  auto next = [&](std::string_view sql, std::initializer_list<sql::Parameter> parameters) {
    auto lane = db.one(sql, parameters, read_lane);
    if (lane) after = lanes.emplace_back(*lane);
    return lane.has_value();
  };
  // Two statements, because SQLite uses the index for each of them, but not for both at once.
  while (lanes.size() < limit) {
    if (next("select hook_id, order_environment_id from delivery where hook_id = $1 and "
             "order_environment_id > $2 and state in ('pending', 'held') "
             "order by order_environment_id limit 1",
             {after.hook.value, after.environment})) {
      continue;
    }
    if (!next("select hook_id, order_environment_id from delivery where hook_id > $1 and "
              "order_environment_id >= 0 and state in ('pending', 'held') "
              "order by hook_id, order_environment_id limit 1",
              {after.hook.value})) {
      break;
    }
  }
  return lanes;
}

std::vector<PlacedDelivery> list_deliveries_after(sql::Reader& db, DeliveryId after, size_t limit) {
  return db.all(
      "select id, hook_id, order_environment_id from delivery where id > $1 order by id limit $2",
      {after.value, static_cast<int64_t>(limit)}, [](const sql::Row& row) {
        return PlacedDelivery{{row.integer(0)}, {{row.integer(1)}, row.integer(2)}};
      });
}

std::optional<DeliveryId> newest_delivery(sql::Reader& db) {
  return db.one("select id from delivery order by id desc limit 1", {},
                [](const sql::Row& row) { return DeliveryId{row.integer(0)}; });
}

std::vector<DeliveryLane> list_came_due(sql::Reader& db, Timestamp after, Timestamp now,
                                        size_t limit) {
  return db.all(
      "select hook_id, order_environment_id from delivery where state = 'pending' and "
      "next_attempt_at > $1 and next_attempt_at <= $2 order by next_attempt_at, id limit $3",
      {to_micros(after), to_micros(now), static_cast<int64_t>(limit)}, read_lane);
}

std::vector<DueDelivery> list_redeliveries(sql::Reader& db, const Sealer& sealer, size_t limit,
                                           const BusySenders& except) {
  std::vector<sql::Parameter> parameters = {static_cast<int64_t>(limit)};
  const std::string sql = select_deliveries() +
                          ", r.id from redelivery r join delivery d on d.id = r.delivery_id" +
                          std::string(joined_tables) +
                          "where " MAY_HEAR
                          " and not exists (select 1 from redelivery o where "
                          "o.delivery_id = r.delivery_id and o.id < r.id)" +
                          except_busy(except, parameters) + " order by r.id limit $1";
  return db.all(sql, parameters, [&](const sql::Row& row) {
    DueDelivery due = read_delivery(row, sealer);
    due.redelivery = RedeliveryId{row.integer(first_hook_column + hook_column_count)};
    return due;
  });
}

std::vector<DueDelivery> list_probes(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                     size_t limit) {
  // Probed hooks are few, so each gets its own query for its waiting deliveries: see
  // `waits_for_hook`.
  const auto hooks =
      db.all("select id from hook where probe_at <= $1 and deleted_at is null order by probe_at",
             {to_micros(now)}, [](const sql::Row& row) { return HookId{row.integer(0)}; });
  static const std::string sql = select_deliveries() + " from delivery d" +
                                 std::string(joined_tables) + "where d.id = $1" +
                                 std::string(may_be_sent);
  std::vector<DueDelivery> probes;
  for (HookId hook : hooks) {
    if (probes.size() == limit) break;
    const auto oldest = oldest_waiting(db, hook);
    if (!oldest) continue;
    auto due = db.one(sql, {oldest->value},
                      [&](const sql::Row& row) { return read_delivery(row, sealer); });
    if (!due) continue;
    due->is_probe = true;
    probes.push_back(*std::move(due));
  }
  return probes;
}

void cancel_deployment_events(sql::Writer& tx, RepositoryId repository) {
  // What waits is read, and not the history of the repository's events.
  static const std::string of_event =
      "(select 1 from event e where e.id = d.event_id and e.repository_id = $1 and "
      "e.kind = 'deployment')";
  tx.execute(
      "delete from redelivery where id in (select r.id from redelivery r join delivery d on "
      "d.id = r.delivery_id where exists " +
          of_event + ")",
      {repository.value});
  tx.execute(
      "update delivery set state = 'cancelled' where id in (select d.id from delivery d where "
      "d.state in ('pending', 'held') and exists " +
          of_event + ")",
      {repository.value});
}

std::optional<Timestamp> next_due(sql::Reader& db, Timestamp now) {
  std::optional<Timestamp> at;
  db.each(
      "select min(due) from (select min(next_attempt_at) as due from delivery where "
      "state = 'pending' and next_attempt_at > $1 union all "
      "select min(probe_at) from hook where probe_at > $1) as coming",
      {to_micros(now)}, [&](const sql::Row& row) { at = read_optional_time(row, 0); });
  return at;
}

std::optional<std::chrono::microseconds> follow_clock(sql::Writer& tx, Timestamp now) {
  std::optional<Timestamp> latest;
  for (const char* sql : {"select at from audit order by id desc limit 1",
                          "select attempted_at from delivery_attempt order by id desc limit 1"}) {
    tx.each(sql, {}, [&](const sql::Row& row) {
      latest = std::max(latest, std::optional(from_micros(row.integer(0))));
    });
  }
  if (!latest || *latest <= now) return std::nullopt;
  const auto back = *latest - now;
  // It is safe to repeat this: each start finds the old clock's time until the next attempt.
  for (const char* sql :
       {"update delivery set next_attempt_at = $1 where state = 'pending' and next_attempt_at > $1",
        "update hook set failing_since = $1 where failing_since > $1",
        "update hook set probe_at = $1 where probe_at > $1"}) {
    tx.execute(sql, {to_micros(now)});
  }
  insert_audit(tx, core::Actor::timer(),
               {.action = "clock.set_back", .repository_id = {}, .target_id = 0}, now);
  return back;
}

namespace {

/// Nothing, if the delivery was pruned while it was sent: its hook was deleted meanwhile.
void insert_attempt(sql::Writer& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt) {
  tx.execute(
      "insert into delivery_attempt (delivery_id, hook_id, redelivery, url, attempted_at, "
      "duration, status_code, status, request_headers, response_headers, response_body, codec) "
      "select id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from delivery where id = $1",
      {delivery.id.value, delivery.hook.id.value, delivery.redelivery.has_value(), attempt.url,
       to_micros(attempt.attempted_at), attempt.duration.count(), attempt.status_code,
       attempt.status, attempt.request_headers, attempt.response_headers, attempt.response_body,
       attempt.codec});
}

/// An attempt outside the schedule changes the delivery only if it ends it.
void settle_unscheduled(sql::Writer& tx, const DueDelivery& delivery,
                        const AttemptOutcome& outcome) {
  if (delivery.redelivery) {
    tx.execute("delete from redelivery where id = $1", {delivery.redelivery->value});
  }
  if (outcome.delivered) {
    tx.execute(
        "update delivery set state = 'delivered' where id = $1 and "
        "state in ('pending', 'held', 'dead', 'skipped')",
        {delivery.id.value});
  } else if (outcome.refused && delivery.is_probe) {
    tx.execute("update delivery set state = 'dead' where id = $1 and state in ('pending', 'held')",
               {delivery.id.value});
  }
}

void settle_scheduled(sql::Writer& tx, const DueDelivery& delivery, Timestamp attempted_at,
                      const AttemptOutcome& outcome) {
  std::optional<std::string_view> final_state;
  if (outcome.delivered) {
    final_state = "delivered";
  } else if (outcome.refused || !outcome.next_attempt_at) {
    final_state = "dead";
  }
  // A delivery that was cancelled meanwhile, because its hook was deleted, stays cancelled. A held
  // one stays held.
  tx.execute(
      "update delivery set state = coalesce($2, state), attempt_count = attempt_count + 1, "
      "next_attempt_at = $3 where id = $1 and state in ('pending', 'held')",
      {delivery.id.value, final_state, to_micros(outcome.next_attempt_at.value_or(attempted_at))});
}

}  // namespace

DeliveryAttempt pack(const DueDelivery& delivery, DeliveryAttempt attempt) {
  StoredTexts stored =
      pack_attempt({.guid = delivery.event.guid,
                    .kind = delivery.event.kind,
                    .event_no = delivery.event.event_no,
                    .hook = delivery.hook.id,
                    .target = delivery.hook.target,
                    .at = attempt.attempted_at},
                   {std::move(attempt.request_headers), std::move(attempt.response_headers),
                    std::move(attempt.response_body)});
  attempt.codec = stored.codec;
  attempt.request_headers = std::move(stored.texts.request_headers);
  attempt.response_headers = std::move(stored.texts.response_headers);
  attempt.response_body = std::move(stored.texts.response_body);
  return attempt;
}

std::vector<int> latest_status_codes(sql::Reader& db, DeliveryId id, int count) {
  return db.all(
      "select status_code from delivery_attempt where delivery_id = $1 and redelivery = 0 and "
      "id > (select replayed_after from delivery where id = $1) order by id desc limit $2",
      {id.value, count}, [](const sql::Row& row) { return static_cast<int>(row.integer(0)); });
}

void record_attempt(sql::Writer& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt,
                    const AttemptOutcome& outcome) {
  insert_attempt(tx, delivery, attempt);
  if (delivery.redelivery || delivery.is_probe) {
    settle_unscheduled(tx, delivery, outcome);
  } else {
    settle_scheduled(tx, delivery, attempt.attempted_at, outcome);
  }
  // The values that GitHub's API returns here. Most attempts leave them as they are.
  tx.execute(
      "update hook set last_code = $2, last_status = $3, last_message = $4 where id = $1 and "
      "(last_code is null or last_code <> $2 or last_status <> $3 or last_message is null or "
      "last_message <> $4)",
      {delivery.hook.id.value, attempt.status_code, outcome.delivered ? "active" : "misconfigured",
       attempt.status});
}

void record_unsent(sql::Writer& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt,
                   core::DeliveryState state) {
  insert_attempt(tx, delivery, attempt);
  if (delivery.redelivery) {
    tx.execute("delete from redelivery where id = $1", {delivery.redelivery->value});
  }
  tx.execute("update delivery set state = $2 where id = $1 and state in ('pending', 'held')",
             {delivery.id.value, core::to_name(state)});
}

}  // namespace esclusa::store
