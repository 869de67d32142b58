#include "simulate/journal.h"

namespace esclusa::simulate {

std::map<int64_t, Row> read_deployments(sql::Reader& db) {
  std::map<int64_t, Row> rows;
  const std::string sql =
      "select id, phase, sha, kind || ' ' || coalesce(origin_deployment_id, 0) from deployment";
  db.each(sql, {}, [&](const sql::Row& row) {
    const Phase phase = row.text(1) == "held"       ? Phase::held
                        : row.text(1) == "released" ? Phase::released
                                                    : Phase::ended;
    rows[row.integer(0)] = {phase, std::string(row.text(2)), "", std::string(row.text(3))};
  });
  db.each(
      "select deployment_id, kind || ':' || state || case kind when "
      "'custom_deployment_protection_rule' then ':' || reason_code || ':' || protection_rule_id "
      "else '' end from deployment_gate order by deployment_id, kind, protection_rule_id",
      {}, [&](const sql::Row& row) {
        std::string& text = rows[row.integer(0)].verdicts;
        text += (text.empty() ? "" : " ") + std::string(row.text(1));
      });
  return rows;
}

std::map<int64_t, std::string> read_claims(sql::Reader& db) {
  std::map<int64_t, std::string> claims;
  db.each("select id, state || ' ' || coalesce(end_reason, '') from deployment_claim", {},
          [&](const sql::Row& row) { claims[row.integer(0)] = row.text(1); });
  return claims;
}

Journal::Journal(sql::Reader& db) : db_(db) { take_news(); }

void Journal::add_news(const std::string& table, const std::string& text, Effects& news) {
  int64_t& last = last_[table];
  db_.each("select t.id, " + text + " from " + table + " t where t.id > $1 order by t.id", {last},
           [&](const sql::Row& row) {
             last = row.integer(0);
             if (!row.is_null(1)) news.emplace_back(row.text(1));
           });
}

Effects Journal::take_news() {
  Effects news;
  add_news("event",
           "case when t.kind in ('deployment', 'deployment_status') then 'event ' || "
           "t.deployment_id || ' ' || t.kind when t.kind = 'deployment_protection_rule' then "
           "'event ' || t.deployment_id || ' asks ' || coalesce((select p.slug from hook h join "
           "app p on p.id = h.app_id where h.id = t.only_hook_id), 'everybody') end",
           news);
  add_news("custom_rule_answer",
           "'answer ' || t.deployment_id || ' ' || t.protection_rule_id || ' ' || t.state", news);
  add_news("deployment_status",
           "'status ' || t.deployment_id || ' ' || t.state || ' ' || t.description", news);
  add_news("deployment_review",
           "'review ' || t.deployment_id || ' ' || t.state || ' ' || (select a.login from account "
           "a where a.id = t.reviewer_id)",
           news);
  // For rows that are not about a deployment, the id alone says too little.
  add_news(
      "audit",
      "case when t.action = 'deployment.bypass' or t.detail like '%\"origin\"%' then 'audit ' || "
      "t.target_id || ' ' || t.action || ' ' || t.detail when t.action like 'deployment.%' or "
      "t.action like "
      "'deployment_review.%' or t.action like 'deployment_protection_rule.%' then 'audit ' || "
      "t.target_id || ' ' || t.action else 'audit ' || "
      "t.action end",
      news);
  return news;
}

}  // namespace esclusa::simulate
