#include "store/hook_health.h"

#include "base/check.h"
#include "store/columns.h"
#include "store/hook_rows.h"

namespace esclusa::store {

core::HookHealth get_hook_health(sql::Reader& db, HookId id) {
  auto health = db.one("select failure_count, failing_since, probe_at from hook where id = $1",
                       {id.value}, [](const sql::Row& row) { return read_hook_health(row, 0); });
  ENSURE(health.has_value());  // a deleted hook keeps its row
  return *health;
}

void set_hook_health(sql::Writer& tx, HookId id, const core::HookHealth& health) {
  tx.execute("update hook set failure_count = $2, failing_since = $3, probe_at = $4 where id = $1",
             {id.value, health.failure_count, time_value(health.failing_since),
              time_value(health.probe_at)});
}

void disable_hook(sql::Writer& tx, HookId id, std::string_view message, Timestamp now) {
  set_hook_health(tx, id, {});
  tx.execute(
      "update hook set active = 0, last_status = 'disabled', last_message = $2, updated_at = $3 "
      "where id = $1",
      {id.value, message, to_micros(now)});
  hold_deliveries(tx, id);
}

std::optional<DeliveryId> oldest_waiting(sql::Reader& db, HookId id) {
  static const std::string sql =
      "select min(id) from delivery where " + std::string(waits_for_hook);
  return db
      .one(sql, {id.value},
           [](const sql::Row& row) { return read_optional_id<DeliveryId>(row, 0); })
      .value_or(std::nullopt);
}

void hold_deliveries(sql::Writer& tx, HookId id) {
  static const std::string sql =
      "update delivery set state = 'held' where " + std::string(waits_for_hook);
  tx.execute(sql, {id.value});
}

void hold_behind_oldest(sql::Writer& tx, HookId id, Timestamp next) {
  const auto oldest = oldest_waiting(tx, id);
  if (!oldest) return;
  static const std::string hold_others = "update delivery set state = 'held' where " +
                                         std::string(waits_for_hook) +
                                         " and state = 'pending' and id > $2";
  tx.execute(hold_others, {id.value, oldest->value});
  tx.execute(
      "update delivery set state = 'pending', next_attempt_at = $2 where id = $1 and "
      "state = 'held'",
      {oldest->value, to_micros(next)});
}

void make_due(sql::Writer& tx, HookId id, Timestamp when) {
  static const std::string sql =
      "update delivery set state = 'pending', next_attempt_at = $2 where " +
      std::string(waits_for_hook);
  tx.execute(sql, {id.value, to_micros(when)});
}

void restart_hook(sql::Writer& tx, HookId id, Timestamp now) {
  set_hook_health(tx, id, {});
  tx.execute(
      "update hook set last_code = null, last_status = 'unused', last_message = null "
      "where id = $1 and last_status = 'disabled'",
      {id.value});
  make_due(tx, id, now);
}

}  // namespace esclusa::store
