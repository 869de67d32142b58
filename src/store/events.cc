#include "store/events.h"

#include <algorithm>

#include "base/text.h"
#include "core/app_events.h"
#include "core/hook.h"
#include "store/columns.h"
#include "store/deployments.h"
#include "store/feed.h"

namespace esclusa::store {
namespace {

/// A hook that receives an event, now or later.
struct Receiver {
  int64_t hook_id;
  std::optional<int64_t> installation_id;  ///< of the hook of an app
  bool holds;                              ///< its breaker is open, or its creator is blocked
};

/// The hooks of the repository `$1` and of its organization with their events, and those of the
/// apps that are installed there with the events that the installation hears; whether each holds
/// its deliveries, and the installation. One select for each kind, so that each uses its index:
/// with `or` the query would read every hook.
std::string select_hooks() {
  const std::string holds =
      "case when h.probe_at is null and c.blocked_at is null then 0 else 1 end";
  const std::string of_hook = "select h.id, h.events, " + holds +
                              ", cast(null as bigint), '' from hook h join account c on "
                              "c.id = h.creator_id ";
  return of_hook +
         "where h.repository_id = $1 and h.deleted_at is null and h.active = 1 union all " +
         of_hook +
         "join repository r on r.owner_id = h.organization_id where r.id = $1 and "
         "h.deleted_at is null and h.active = 1 union all select h.id, i.events, " +
         holds +
         ", i.id, i.permissions from repository r join installation i on "
         "i.account_id = r.owner_id join hook h on h.app_id = i.app_id join account c on c.id = "
         "h.creator_id where r.id = $1 and "
         "i.removed_at is null and i.suspended_at is null and h.deleted_at is null and "
         "h.active = 1 and (i.selection = 'all' or exists (select 1 from installation_repository s "
         "where s.installation_id = i.id and s.repository_id = r.id)) order by 1";
}

/// A ping and a test are tries, and sent nevertheless.
bool has_open_breaker(sql::Reader& db, HookId hook) {
  return db.number("select count(*) from hook where id = $1 and probe_at is not null",
                   {hook.value}) > 0;
}

/// The hooks that receive the event. Events are a comma-separated list.
std::vector<Receiver> receivers(sql::Writer& tx, const core::Event& event) {
  if (event.only_hook) {
    return {{event.only_hook->value, id_value(event.only_installation),
             event.only_installation && has_open_breaker(tx, *event.only_hook)}};
  }
  std::vector<Receiver> found;
  if (!event.announced) return found;
  const auto wants = [&](std::string_view name) {
    return name == event.kind || (name == "*" && !core::is_app_event(event.kind));
  };
  static const std::string sql = select_hooks();
  tx.each(sql, {id_value(event.repository_id)}, [&](const sql::Row& row) {
    if (std::ranges::none_of(split(row.text(1), ','), wants)) return;
    const auto installation = row.optional_integer(3);
    if (installation && !core::may_hear(read_permissions(row, 4), event.kind)) return;
    found.push_back({row.integer(0), installation, row.boolean(2)});
  });
  return found;
}

}  // namespace

EventId insert_event(sql::Writer& tx, const core::Event& event, std::string_view body,
                     const core::Actor& actor, size_t* delivery_count, const BodyEnd* end) {
  const int64_t event_no = event.deployment_id ? next_event_no(tx, *event.deployment_id) : 0;
  const int64_t created_at = to_micros(event.created_at);
  announce_event(tx);
  EventId id{tx.insert(
      "insert into event (guid, repository_id, environment_id, deployment_id, kind, action, "
      "actor_id, actor_token_id, event_no, announced, only_hook_id, created_at) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      {event.guid, id_value(event.repository_id), id_value(event.environment_id),
       id_value(event.deployment_id), event.kind, event.action, account_value(actor),
       token_value(actor), event_no, event.announced, id_value(event.only_hook), created_at})};
  insert_event_body(tx, id, body, end, event.created_at);
  const int64_t environment = event.environment_id ? event.environment_id->value : 0;
  const auto wanting = receivers(tx, event);
  for (const Receiver& receiver : wanting) {
    tx.execute(
        "insert into delivery (event_id, hook_id, order_environment_id, state, next_attempt_at, "
        "created_at, installation_id) values ($1, $2, $3, $4, $5, $5, $6)",
        {id.value, receiver.hook_id, environment, receiver.holds ? "held" : "pending", created_at,
         receiver.installation_id});
  }
  if (delivery_count != nullptr) *delivery_count = wanting.size();
  return id;
}

std::optional<std::string> latest_push(sql::Reader& db, RepositoryId repository) {
  static const std::string sql =
      "select " + std::string(event_body_columns) +
      " from event e join event_body b on b.event_id = e.id "
      "where e.repository_id = $1 and e.kind = 'push' order by e.id desc limit 1";
  return db
      .one(sql, {repository.value}, [](const sql::Row& row) { return read_event_body(row, 0); })
      .value_or(std::nullopt);
}

}  // namespace esclusa::store
