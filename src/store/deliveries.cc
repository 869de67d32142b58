#include "store/deliveries.h"

#include "base/text.h"
#include "store/columns.h"
#include "store/hook_rows.h"

namespace esclusa::store {

std::vector<DueDelivery> list_due(sql::Connection& db, const Sealer& sealer, Timestamp now,
                                  size_t limit, const std::vector<HookId>& except) {
  std::vector<sql::Parameter> parameters = {to_micros(now), static_cast<int64_t>(limit)};
  std::vector<std::string> excepted;
  for (HookId hook : except) {
    parameters.emplace_back(hook.value);
    excepted.push_back("$" + std::to_string(parameters.size()));
  }
  const std::string sql =
      "select d.id, d.attempt_count, e.id, e.guid, e.repository_id, e.kind, e.event_no, b.body, " +
      hook_columns() +
      " from delivery d join event e on e.id = d.event_id "
      "join event_body b on b.event_id = e.id join hook h on h.id = d.hook_id "
      "where d.state = 'pending' and d.next_attempt_at <= $1 and (d.order_environment_id = 0 or "
      "not exists (select 1 from delivery o where o.state = 'pending' and o.hook_id = d.hook_id "
      "and o.order_environment_id = d.order_environment_id and o.id < d.id))" +
      (except.empty() ? "" : " and d.hook_id not in (" + join(excepted, ", ") + ")") +
      " order by d.next_attempt_at, d.id limit $2";
  return db.all(sql, parameters, [&](const sql::Row& row) {
    DueDelivery due;
    due.id = {row.integer(0)};
    due.attempt_count = static_cast<int>(row.integer(1));
    due.event.id = {row.integer(2)};
    due.event.guid = row.text(3);
    due.event.repository_id = {row.integer(4)};
    due.event.kind = row.text(5);
    due.event.event_no = row.integer(6);
    due.body = row.text(7);
    due.hook = read_hook(row, sealer, 8);
    return due;
  });
}

std::optional<Timestamp> next_due(sql::Connection& db, Timestamp now) {
  std::optional<Timestamp> at;
  db.each(
      "select min(next_attempt_at) from delivery where state = 'pending' and "
      "next_attempt_at > $1",
      {to_micros(now)}, [&](const sql::Row& row) { at = read_optional_time(row, 0); });
  return at;
}

void record_attempt(sql::Connection& tx, const DueDelivery& delivery,
                    const DeliveryAttempt& attempt, const AttemptOutcome& outcome) {
  tx.execute(
      "insert into delivery_attempt (delivery_id, attempted_at, duration, status_code, status, "
      "request_headers, response_headers, response_body) values ($1, $2, $3, $4, $5, $6, $7, $8)",
      {delivery.id.value, to_micros(attempt.attempted_at), attempt.duration.count(),
       attempt.status_code, attempt.status, attempt.request_headers, attempt.response_headers,
       attempt.response_body});
  // A delivery that was cancelled meanwhile (its hook deleted) stays cancelled.
  const char* state = outcome.delivered         ? "delivered"
                      : outcome.next_attempt_at ? "pending"
                                                : "dead";
  tx.execute(
      "update delivery set state = $2, attempt_count = attempt_count + 1, next_attempt_at = $3 "
      "where id = $1 and state = 'pending'",
      {delivery.id.value, state,
       to_micros(outcome.next_attempt_at.value_or(attempt.attempted_at))});
  tx.execute("update hook set last_code = $2, last_status = $3, last_message = $4 where id = $1",
             {delivery.hook.id.value, attempt.status_code, outcome.delivered ? "active" : "failed",
              attempt.status});
}

}  // namespace esclusa::store
