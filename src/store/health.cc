#include "store/health.h"

#include <algorithm>
#include <map>

#include "core/hook.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

/// Scheme, host and port. What follows may be a secret, as in the addresses of chat rooms.
std::string origin_of(const std::string& url) {
  const size_t host = url.find("://");
  return url.substr(0, host == std::string::npos ? 0 : url.find_first_of("/?#", host + 3));
}

}  // namespace

std::optional<Timestamp> find_latest_audit_time(sql::Reader& db) {
  return db
      .one("select max(at) from audit where id > (select max(id) from audit) - 1000", {},
           [](const sql::Row& row) { return read_optional_time(row, 0); })
      .value_or(std::nullopt);
}

std::vector<Timestamp> list_backup_times(sql::Reader& db) {
  return db.all(
      "select at from audit where action = 'backup.create' order by action desc, id desc limit 10",
      {}, [](const sql::Row& row) { return from_micros(row.integer(0)); });
}

std::vector<core::doctor::HookFacts> list_hook_facts(sql::Reader& db, Timestamp since) {
  return db.all(
      "select h.id, h.url, h.last_status, h.failing_since, h.probe_at, o.login, r.name, g.login, "
      "p.slug, (select count(*) from (select d.created_at from delivery d where d.hook_id = h.id "
      "and d.state = 'dead' order by d.id desc limit 1000) late where late.created_at >= $1) "
      "from hook h left join repository r on r.id = h.repository_id "
      "left join account o on o.id = r.owner_id "
      "left join account g on g.id = h.organization_id left join app p on p.id = h.app_id "
      "where h.deleted_at is null order by h.id",
      {to_micros(since)}, [](const sql::Row& row) {
        core::Hook hook;
        hook.url = row.text(1);
        core::doctor::HookFacts facts{
            .id = row.integer(0), .place = {}, .url = origin_of(shown_url(hook))};
        if (!row.is_null(6)) {
          facts.place = std::string(row.text(5)) + "/" + std::string(row.text(6));
        } else {
          facts.place = row.is_null(7) ? "app " + row.optional_text(8).value_or("")
                                       : std::string(row.text(7));
        }
        facts.is_disabled = row.text(2) == "disabled";
        if (!row.is_null(4)) facts.failing_since = read_optional_time(row, 3);
        facts.dead_count = row.integer(9);
        return facts;
      });
}

std::vector<core::doctor::AgentFacts> list_agent_facts(sql::Reader& db, Timestamp now) {
  std::map<std::pair<int64_t, int64_t>, core::doctor::AgentFacts> environments;
  std::map<std::pair<int64_t, int64_t>, Timestamp> made;
  db.each(
      "select t.id, t.name, t.created_at, t.last_used_at, t.repository_id, n.id, n.name, o.login, "
      "r.name from agent_token t join agent_token_environment e on e.agent_token_id = t.id "
      "join environment_name n on n.id = e.environment_name_id "
      "join repository r on r.id = t.repository_id join account o on o.id = r.owner_id "
      "where t.revoked_at is null and r.removed_at is null "
      "and (t.expires_at is null or t.expires_at > $1) order by t.id",
      {to_micros(now)}, [&](const sql::Row& row) {
        const std::pair key(row.integer(4), row.integer(5));
        const Timestamp created = from_micros(row.integer(2));
        auto& facts = environments[key];
        facts.repository = std::string(row.text(7)) + "/" + std::string(row.text(8));
        facts.environment = row.text(6);
        const std::string name(row.text(1));
        facts.tokens.push_back(std::to_string(row.integer(0)) +
                               (name.empty() ? "" : " (" + name + ")"));
        facts.last_seen =
            std::max({facts.last_seen, created, read_optional_time(row, 3).value_or(created)});
        const auto [first, is_new] = made.try_emplace(key, created);
        if (!is_new) first->second = std::min(first->second, created);
      });
  std::vector<core::doctor::AgentFacts> list;
  for (auto& [key, facts] : environments) {
    for (const char* state : {"d.state is null", "d.state in ('pending', 'queued')"}) {
      db.each(
          "select count(*), min(w.created_at) from (select d.created_at from deployment d "
          "where d.repository_id = $1 and " +
              std::string(state) +
              " and d.original_environment_id + 0 = $2 and d.phase = 'released' "
              "and d.created_at >= $3 and not exists (select 1 from deployment_claim c "
              "where c.deployment_id = d.id and c.ended_at is null) limit 1000) w",
          {key.first, key.second, to_micros(made.at(key))}, [&](const sql::Row& row) {
            const auto oldest = read_optional_time(row, 1);
            facts.waiting_count += row.integer(0);
            if (oldest) {
              facts.waiting_since = std::min(facts.waiting_since.value_or(*oldest), *oldest);
            }
          });
    }
    list.push_back(std::move(facts));
  }
  return list;
}

}  // namespace esclusa::store
