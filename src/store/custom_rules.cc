#include "store/custom_rules.h"

#include <algorithm>

#include "core/permission.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

core::RuleApp read_app(const sql::Row& row) {
  return {.id = {row.integer(0)},
          .slug = std::string(row.text(1)),
          .name = std::string(row.text(2)),
          .bot_id = {row.integer(3)}};
}

/// Whether an installation with these permissions and events can answer.
bool can_answer(const core::Permissions& permissions, const std::vector<std::string>& events) {
  return permissions.has(core::Permission::deployments, core::PermissionLevel::write) &&
         std::ranges::find(events, "deployment_protection_rule") != events.end();
}

core::AppStanding standing_of(const std::vector<RuleInstallation>& installations, AppId app) {
  const auto found = std::ranges::find(installations, app,
                                       [](const RuleInstallation& each) { return each.app.id; });
  if (found == installations.end()) return core::AppStanding::not_installed;
  return found->is_suspended ? core::AppStanding::suspended : core::AppStanding::installed;
}

void add_answer(core::CustomRuleFacts& facts, core::CustomRuleState state,
                std::string_view comment) {
  if (state == core::CustomRuleState::reported) {
    ++facts.report_count;
    facts.latest_report = comment;
  } else {
    facts.is_approved = state == core::CustomRuleState::approved;
  }
}

}  // namespace

core::RuleApp read_rule_app(sql::Reader& db, AppId id) {
  auto app = db.one("select id, slug, name, bot_id from app where id = $1", {id.value}, read_app);
  ENSURE(app.has_value());
  return *std::move(app);
}

std::vector<RuleInstallation> list_rule_installations(sql::Reader& db, RepositoryId repository) {
  std::vector<RuleInstallation> found;
  db.each(
      "select a.id, a.slug, a.name, a.bot_id, i.id, i.permissions, i.events, case when "
      "i.suspended_at is null and b.blocked_at is null then 0 else 1 end from repository r "
      "join installation i on i.account_id = r.owner_id join app a on a.id = i.app_id "
      "join account b on b.id = a.bot_id where r.id = $1 and i.removed_at is null and "
      "a.removed_at is null and (i.selection = 'all' or exists (select 1 from "
      "installation_repository s where s.installation_id = i.id and s.repository_id = r.id)) "
      "order by a.id",
      {repository.value}, [&](const sql::Row& row) {
        if (!can_answer(read_permissions(row, 5), read_list(row, 6, ','))) return;
        found.push_back({{row.integer(4)}, read_app(row), row.boolean(7)});
      });
  return found;
}

std::map<ProtectionRuleId, core::CustomRuleFacts> gather_custom_rule_facts(
    sql::Reader& db, const core::Environment& environment, DeploymentId deployment) {
  std::map<ProtectionRuleId, core::CustomRuleFacts> facts;
  const auto installations = list_rule_installations(db, environment.repository_id);
  for (const core::ProtectionRule& rule : environment.rules) {
    const auto* custom = std::get_if<core::CustomRule>(&rule.gate);
    if (custom != nullptr) facts[rule.id].standing = standing_of(installations, custom->app.id);
  }
  if (!deployment) return facts;
  db.each(
      "select protection_rule_id, state, comment from custom_rule_answer where "
      "deployment_id = $1 order by id",
      {deployment.value}, [&](const sql::Row& row) {
        const auto found = facts.find({row.integer(0)});
        if (found == facts.end()) return;  // of a rule that is no more
        add_answer(found->second, read_enum<core::CustomRuleState>(row, 1), row.text(2));
      });
  return facts;
}

void insert_custom_rule_answer(sql::Writer& tx, const CustomRuleAnswer& answer) {
  tx.execute(
      "insert into custom_rule_answer (deployment_id, protection_rule_id, state, comment, "
      "created_at) values ($1, $2, $3, $4, $5)",
      {answer.deployment_id.value, answer.rule_id.value, core::to_name(answer.state),
       answer.comment, to_micros(answer.created_at)});
}

}  // namespace esclusa::store
