#include "store/figures.h"

#include <algorithm>

#include "store/agents_seen.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

/// `production_environment, transient_environment` from that column on.
EnvironmentKind read_kind(const sql::Row& row, int column) {
  if (row.boolean(column)) return EnvironmentKind::production;
  return row.boolean(column + 1) ? EnvironmentKind::transient : EnvironmentKind::other;
}

Waiting read_waiting(Reader& db, std::string_view sql) {
  Waiting waiting;
  std::optional<int64_t> oldest;
  db.each(sql, {figure_limit}, [&](const sql::Row& row) {
    waiting.count = row.integer(0);
    oldest = row.optional_integer(1);
  });
  if (!oldest) return waiting;
  waiting.oldest = db.one("select created_at from delivery where id = $1", {*oldest},
                          [](const sql::Row& row) { return from_micros(row.integer(0)); });
  return waiting;
}

void read_deployments(Reader& db, LiveFigures& figures) {
  // Each part is read from an index that has nothing else.
  const auto add = [&](const sql::Row& row) {
    figures.unfinished[{std::string(row.text(0)), read_kind(row, 1)}] += row.integer(3);
  };
  for (const char* state : {"queued", "pending", "in_progress"}) {
    db.each(
        "select state, production_environment, transient_environment, count(*) from "
        "(select state, production_environment, transient_environment from deployment "
        "where state = $1 and (state is null or state in ('queued', 'pending', 'in_progress')) "
        "limit $2) as live "
        "group by state, production_environment, transient_environment",
        {state, figure_limit}, add);
  }
  db.each(
      "select 'none', production_environment, transient_environment, count(*) from "
      "(select production_environment, transient_environment from deployment "
      "where state is null limit $1) as untold "
      "group by production_environment, transient_environment",
      {figure_limit}, add);
  db.each(
      "select 'waiting', production_environment, transient_environment, count(*) from "
      "(select production_environment, transient_environment from deployment "
      "where phase = 'held' order by id limit $1) as held "
      "group by production_environment, transient_environment",
      {figure_limit}, add);
}

void read_gates(Reader& db, LiveFigures& figures) {
  db.each(
      "select g.kind, count(*), min(d.created_at) from (select id, created_at from deployment "
      "where phase = 'held' order by id limit $1) as d "
      "join deployment_gate g on g.deployment_id = d.id where g.state = 'shut' group by g.kind",
      {figure_limit}, [&](const sql::Row& row) {
        figures.gates[std::string(row.text(0))] = {row.integer(1), from_micros(row.integer(2))};
      });
}

}  // namespace

LiveFigures read_live_figures(Reader& db, Timestamp now) {
  LiveFigures figures;
  figures.pending_deliveries =
      read_waiting(db,
                   "select count(*), min(id) from "
                   "(select id from delivery where state = 'pending' limit $1) as pending");
  // Through the hooks, as there is no index of what is held alone. Without `cross` SQLite would
  // read the index of all deliveries instead.
  figures.held_deliveries = read_waiting(
      db,
      "select count(*), min(id) from (select d.id from hook h cross join delivery d "
      "where d.hook_id = h.id and d.state <> 'delivered' and d.state = 'held' limit $1) as held");
  read_deployments(db, figures);
  read_gates(db, figures);
  db.each(
      "select state, count(*) from (select state from deployment_claim where ended_at is null "
      "limit $1) as live group by state",
      {figure_limit},
      [&](const sql::Row& row) { figures.claims[std::string(row.text(0))] = row.integer(1); });
  figures.agents = list_agent_tokens_seen(db, std::nullopt, figure_limit);
  std::erase_if(figures.agents, [&](const core::ListedAgent& agent) {
    return agent.expires_at && *agent.expires_at <= now;
  });
  figures.failing_hooks =
      db.number("select count(*) from hook where probe_at is not null and deleted_at is null");
  return figures;
}

Counted latest_counted(Reader& db) {
  return {db.number("select coalesce(max(id), 0) from deployment"),
          db.number("select coalesce(max(id), 0) from deployment_status")};
}

Added count_added(Reader& db, Counted& counted) {
  const Counted latest = latest_counted(db);
  const Counted until{std::min(latest.deployment, counted.deployment + figure_limit),
                      std::min(latest.status, counted.status + figure_limit)};
  Added added;
  db.each(
      "select production_environment, transient_environment, count(*) from deployment "
      "where id > $1 and id <= $2 group by production_environment, transient_environment",
      {counted.deployment, until.deployment},
      [&](const sql::Row& row) { added.deployments[read_kind(row, 0)] += row.integer(2); });
  db.each(
      "select s.state, d.production_environment, d.transient_environment, count(*) "
      "from deployment_status s join deployment d on d.id = s.deployment_id "
      "where s.id > $1 and s.id <= $2 "
      "group by s.state, d.production_environment, d.transient_environment",
      {counted.status, until.status}, [&](const sql::Row& row) {
        added.statuses[{std::string(row.text(0)), read_kind(row, 1)}] += row.integer(3);
      });
  added.has_more = until.deployment < latest.deployment || until.status < latest.status;
  counted = until;
  return added;
}

}  // namespace esclusa::store
