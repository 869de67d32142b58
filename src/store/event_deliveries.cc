#include "store/event_deliveries.h"

#include <algorithm>

#include "base/text.h"
#include "store/columns.h"
#include "store/hook_rows.h"

namespace esclusa::store {
namespace {

constexpr std::string_view select_deliveries =
    "select d.id, e.guid, e.kind, e.action, o.login, r.name, e.deployment_id, d.state, "
    "d.attempt_count, d.next_attempt_at, d.created_at, a.id, a.status, a.status_code "
    "from delivery d join event e on e.id = d.event_id "
    "left join repository r on r.id = e.repository_id left join account o on o.id = r.owner_id "
    "left join delivery_attempt a on a.id = "
    "(select max(l.id) from delivery_attempt l where l.delivery_id = d.id) ";

core::EventDelivery read_event_delivery(const sql::Row& row) {
  core::EventDelivery delivery;
  delivery.id = {row.integer(0)};
  delivery.guid = row.text(1);
  delivery.event = row.text(2);
  delivery.action = row.text(3);
  if (!row.is_null(5)) {
    delivery.repository = std::string(row.text(4)) + "/" + std::string(row.text(5));
  }
  delivery.deployment_id = read_optional_id<DeploymentId>(row, 6);
  delivery.state = read_enum<core::DeliveryState>(row, 7);
  delivery.attempt_count = static_cast<int>(row.integer(8));
  delivery.next_attempt_at = from_micros(row.integer(9));
  delivery.created_at = from_micros(row.integer(10));
  if (auto attempt = read_optional_id<DeliveryAttemptId>(row, 11)) {
    delivery.latest_attempt = {*attempt, std::string(row.text(12)),
                               static_cast<int>(row.integer(13))};
  }
  return delivery;
}

/// Where an index with this condition serves the other states.
constexpr std::string_view not_delivered = " and d.state <> 'delivered'";

/// The state is a name of the schema, never text of a client. The conditions are those of the
/// indexes delivery_delivered and delivery_by_state.
std::string state_condition(std::optional<core::DeliveryState> state) {
  if (!state) return "";
  const std::string condition = " and d.state = '" + std::string(core::to_name(*state)) + "'";
  return *state == core::DeliveryState::delivered ? condition
                                                  : std::string(not_delivered) + condition;
}

/// The first id of the page before `from`: up to one page of newer deliveries.
std::optional<DeliveryId> previous_part(sql::Reader& db, HookId hook, DeliveryId from,
                                        const core::EventDeliveryQuery& query) {
  std::optional<DeliveryId> begin;
  db.each("select d.id from delivery d where d.hook_id = $1 and d.id > $2" +
              state_condition(query.state) + " order by d.id limit $3",
          {hook.value, from.value, query.size},
          [&](const sql::Row& row) { begin = DeliveryId{row.integer(0)}; });
  return begin;
}

}  // namespace

core::EventDeliveryPage list_event_deliveries(sql::Reader& db, HookId hook,
                                              const core::EventDeliveryQuery& query) {
  constexpr int64_t newest = int64_t{1} << 53;
  core::EventDeliveryPage page;
  page.items = db.all(std::string(select_deliveries) + "where d.hook_id = $1 and d.id <= $2" +
                          state_condition(query.state) + " order by d.id desc limit $3",
                      {hook.value, query.from ? query.from->value : newest, query.size + 1},
                      read_event_delivery);
  if (page.items.size() > static_cast<size_t>(query.size)) {
    page.next = page.items.back().id;
    page.items.pop_back();
  }
  if (query.from) page.previous = previous_part(db, hook, *query.from, query);
  return page;
}

core::Replayed replay_deliveries(sql::Writer& tx, HookId hook, const core::Replay& replay,
                                 Timestamp now, int limit) {
  std::vector<std::string> states;
  for (core::DeliveryState state : replay.states) {
    states.push_back("'" + std::string(core::to_name(state)) + "'");
  }
  const bool has_delivered =
      std::ranges::find(replay.states, core::DeliveryState::delivered) != replay.states.end();
  constexpr int64_t earliest = 0, latest = int64_t{1} << 53;
  const std::string asked =
      "select d.id from delivery d where d.hook_id = $1 and d.created_at >= $2 and "
      "d.created_at < $3 and d.state in (" +
      join(states, ", ") + ")" + std::string(has_delivered ? "" : not_delivered);
  const std::string body = "exists (select 1 from event_body b where b.event_id = d.event_id)";
  const std::string chosen = asked + " and " + body + " order by d.id limit ";
  const int64_t from = time_value(replay.created.from).value_or(earliest);
  const int64_t until = time_value(replay.created.until).value_or(latest);
  core::Replayed replayed;
  replayed.pruned =
      tx.number("select count(*) from (" + asked + " and not " + body + " limit $4) as pruned",
                {hook.value, from, until, limit});
  replayed.count = tx.execute(
      "update delivery set state = case when exists (select 1 from hook h join account c on "
      "c.id = h.creator_id where h.id = delivery.hook_id and (h.active = 0 or h.probe_at is not "
      "null or c.blocked_at is not null)) then 'held' else 'pending' end, attempt_count = 0, "
      "next_attempt_at = $4, replayed_after = coalesce((select max(a.id) from delivery_attempt a "
      "where a.delivery_id = delivery.id), 0) where id in (" +
          chosen + "$5)",
      {hook.value, from, until, to_micros(now), limit});
  // A replay suggests that the receiver works again, so probe the hook at once.
  tx.execute("update hook set probe_at = $2 where id = $1 and probe_at > $2",
             {hook.value, to_micros(now)});
  tx.execute("update delivery set next_attempt_at = $2 where " + std::string(waits_for_hook) +
                 " and state = 'pending' and next_attempt_at > $2",
             {hook.value, to_micros(now)});
  tx.each(chosen + "1", {hook.value, from, until}, [&](const sql::Row&) { replayed.more = true; });
  return replayed;
}

}  // namespace esclusa::store
