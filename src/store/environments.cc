#include "store/environments.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"
#include "store/custom_rules.h"
#include "store/environment_secrets.h"
#include "store/repositories.h"
#include "store/teams.h"

namespace esclusa::store {
namespace {

std::string select_environments(std::string_view condition) {
  return "select e.id, e.repository_id, n.id, n.name, e.can_admins_bypass, e.created_at, "
         "e.updated_at, e.required_approvals, e.prevent_self_review, e.requires_claim from "
         "environment e join "
         "environment_name n on n.id = "
         "e.environment_name_id " +
         std::string(condition);
}

core::Environment read_environment(const sql::Row& row) {
  return {.id = {row.integer(0)},
          .repository_id = {row.integer(1)},
          .name = {{row.integer(2)}, std::string(row.text(3))},
          .can_admins_bypass = row.boolean(4),
          .reviews = {static_cast<int>(row.integer(7)), row.boolean(8)},
          .requires_claim = row.boolean(9),
          .rules = {},
          .created_at = from_micros(row.integer(5)),
          .updated_at = from_micros(row.integer(6))};
}

std::vector<core::Reviewer> list_reviewers(sql::Reader& db, ProtectionRuleId rule) {
  return db.all(
      "select w.account_id, w.team_id, c.login, o.login, t.slug from required_reviewer w "
      "left join account c on c.id = w.account_id left join team t on t.id = w.team_id "
      "left join account o on o.id = t.organization_id where w.protection_rule_id = $1 "
      "order by w.position",
      {rule.value}, [](const sql::Row& row) -> core::Reviewer {
        if (auto account = read_optional_id<AccountId>(row, 0)) {
          return {*account, std::string(row.text(2))};
        }
        return {TeamId{row.integer(1)}, std::string(row.text(3)) + "/" + std::string(row.text(4))};
      });
}

core::ProtectionRule read_rule(const sql::Row& row) {
  auto gate = core::parse_rule(read_enum<core::GateKind>(row, 1), row.text(2));
  ENSURE(gate.has_value());
  if (auto* custom = std::get_if<core::CustomRule>(&*gate)) {
    custom->created_at = from_micros(row.integer(3));
  }
  return {{row.integer(0)}, *std::move(gate)};
}

std::string select_rules(std::string_view condition) {
  return "select id, kind, settings, created_at, environment_id from protection_rule where " +
         std::string(condition) + " order by id";
}

/// The rules, which are ordered by id, in the order of the kinds in core::GateKind, and with what
/// their rows do not have.
std::vector<core::ProtectionRule> completed(sql::Reader& db,
                                            std::vector<core::ProtectionRule> rules) {
  std::ranges::stable_sort(rules, {}, &core::ProtectionRule::kind);
  for (core::ProtectionRule& rule : rules) {
    if (auto* gate = std::get_if<core::RequiredReviewersRule>(&rule.gate)) {
      gate->reviewers = list_reviewers(db, rule.id);
    } else if (auto* custom = std::get_if<core::CustomRule>(&rule.gate)) {
      custom->app = read_rule_app(db, custom->app.id);
    }
  }
  return rules;
}

std::vector<core::ProtectionRule> list_rules(sql::Reader& db, EnvironmentId id) {
  static const std::string sql = select_rules("environment_id = $1");
  return completed(db, db.all(sql, {id.value}, read_rule));
}

std::optional<core::Environment> with_rules(sql::Reader& db,
                                            std::optional<core::Environment> environment) {
  if (environment) environment->rules = list_rules(db, environment->id);
  return environment;
}

void delete_rule(sql::Writer& tx, ProtectionRuleId id) {
  tx.execute("delete from required_reviewer where protection_rule_id = $1", {id.value});
  tx.execute("delete from protection_rule where id = $1", {id.value});
}

void insert_reviewers(sql::Writer& tx, ProtectionRuleId rule,
                      const std::vector<core::Reviewer>& reviewers) {
  for (size_t i = 0; i < reviewers.size(); ++i) {
    const auto* account = std::get_if<AccountId>(&reviewers[i].id);
    const auto* team = std::get_if<TeamId>(&reviewers[i].id);
    tx.execute(
        "insert into required_reviewer (protection_rule_id, position, account_id, team_id) "
        "values ($1, $2, $3, $4)",
        {rule.value, static_cast<int64_t>(i),
         account != nullptr ? std::optional(account->value) : std::nullopt,
         team != nullptr ? std::optional(team->value) : std::nullopt});
  }
}

ProtectionRuleId insert_rule(sql::Writer& tx, EnvironmentId environment,
                             const core::ProtectionRule& rule, Timestamp now) {
  const ProtectionRuleId id{
      tx.insert("insert into protection_rule (environment_id, kind, settings, created_at) "
                "values ($1, $2, $3, $4)",
                {environment.value, core::to_name(rule.kind()), core::settings_text(rule.gate),
                 to_micros(now)})};
  const auto* review = std::get_if<core::RequiredReviewersRule>(&rule.gate);
  if (review != nullptr) insert_reviewers(tx, id, review->reviewers);
  return id;
}

}  // namespace

core::Environment ensure_environment(sql::Writer& tx, RepositoryId repository,
                                     std::string_view name, Timestamp now) {
  if (auto found = find_environment(tx, repository, name)) return *std::move(found);
  const core::EnvironmentName known = ensure_environment_name(tx, repository, name, now);
  tx.execute(
      "insert into environment (repository_id, environment_name_id, created_at, updated_at) "
      "values ($1, $2, $3, $3) on conflict (environment_name_id) do nothing",
      {repository.value, known.id.value, to_micros(now)});
  auto made = find_environment(tx, known.id);
  ENSURE(made.has_value());
  return *std::move(made);
}

std::optional<core::Environment> find_environment(sql::Reader& db, RepositoryId repository,
                                                  std::string_view name) {
  static const std::string sql =
      select_environments("where n.repository_id = $1 and n.name_key = $2");
  const std::string key = core::fold_case(name);
  return with_rules(db, db.one(sql, {repository.value, key}, read_environment));
}

std::optional<core::Environment> find_environment(sql::Reader& db, EnvironmentNameId name) {
  static const std::string sql = select_environments("where e.environment_name_id = $1");
  return with_rules(db, db.one(sql, {name.value}, read_environment));
}

core::NewEnvironments find_new_environments(sql::Reader& db, RepositoryId repository) {
  const auto policy =
      db.one("select environments from repository where id = $1", {repository.value},
             [](const sql::Row& row) { return read_enum<core::NewEnvironments>(row, 0); });
  ENSURE(policy.has_value());
  return *policy;
}

void set_new_environments(sql::Writer& tx, RepositoryId repository, core::NewEnvironments policy) {
  tx.execute("update repository set environments = $2 where id = $1",
             {repository.value, core::to_name(policy)});
}

std::vector<std::string> list_similar_names(sql::Reader& db, RepositoryId repository,
                                            std::string_view name) {
  const auto length = static_cast<int64_t>(utf8_length(name));
  const int64_t span = length / 2 + 1;
  return db.all(
      "select n.name from environment e join environment_name n on n.id = e.environment_name_id "
      "where e.repository_id = $1 and length(n.name) between $2 and $3 order by n.name_key "
      "limit $4",
      {repository.value, length - span, length + span, core::compared_names},
      [](const sql::Row& row) { return std::string(row.text(0)); });
}

core::Listing<core::Environment> list_environments(sql::Reader& db, RepositoryId repository,
                                                   const core::Page& page) {
  static const std::string of_page =
      "where n.repository_id = $1 order by n.name_key limit $2 offset $3";
  static const std::string sql = select_environments(of_page);
  static const std::string all_rules = select_rules(
      "environment_id in (select e.id from environment e join environment_name n on "
      "n.id = e.environment_name_id " +
      of_page + ")");
  const std::vector<sql::Parameter> parameters = {repository.value, page.size, page.offset()};
  core::Listing<core::Environment> found{
      db.all(sql, parameters, read_environment),
      db.number("select count(*) from environment where repository_id = $1", {repository.value})};
  std::map<EnvironmentId, std::vector<core::ProtectionRule>> rules;
  db.each(all_rules, parameters,
          [&](const sql::Row& row) { rules[{row.integer(4)}].push_back(read_rule(row)); });
  for (core::Environment& environment : found.items) {
    environment.rules = completed(db, std::move(rules[environment.id]));
  }
  return found;
}

core::EnvironmentDetails with_reviewers(sql::Reader& db, core::Environment environment) {
  core::EnvironmentDetails details{std::move(environment), {}};
  const auto* rule = details.find<core::RequiredReviewersRule>();
  if (rule == nullptr) return details;
  for (const core::Reviewer& reviewer : rule->reviewers) {
    if (const auto* id = std::get_if<AccountId>(&reviewer.id)) {
      if (auto account = find_account(db, *id)) details.reviewers.emplace_back(*std::move(account));
    } else if (auto team = find_team(db, std::get<TeamId>(reviewer.id))) {
      details.reviewers.emplace_back(*std::move(team));
    }
  }
  return details;
}

std::vector<EnvironmentNameId> list_guarded_by_protection(sql::Reader& db,
                                                          RepositoryId repository) {
  std::vector<EnvironmentNameId> guarded;
  db.each(
      "select e.environment_name_id, p.settings from environment e join protection_rule p on "
      "p.environment_id = e.id where e.repository_id = $1 and p.kind = $2 order by p.id",
      {repository.value, core::to_name(core::GateKind::branch_policy)}, [&](const sql::Row& row) {
        const auto rule = core::parse_rule(core::GateKind::branch_policy, row.text(1));
        if (!rule) return;  // its gate stays shut, whatever is protected
        if (std::get<core::BranchPolicyRule>(*rule).mode ==
            core::BranchPolicyMode::protected_branches) {
          guarded.push_back({row.integer(0)});
        }
      });
  return guarded;
}

void save_environment(sql::Writer& tx, core::Environment& environment, Timestamp now) {
  tx.execute(
      "update environment set can_admins_bypass = $2, updated_at = $3, required_approvals = $4, "
      "prevent_self_review = $5, requires_claim = $6 where id = $1",
      {environment.id.value, environment.can_admins_bypass, to_micros(now),
       environment.reviews.required_approvals, environment.reviews.prevent_self_review,
       environment.requires_claim});
  environment.updated_at = now;
  for (const core::ProtectionRule& former : list_rules(tx, environment.id)) {
    if (std::ranges::find(environment.rules, former.id, &core::ProtectionRule::id) ==
        environment.rules.end()) {
      delete_rule(tx, former.id);
    }
  }
  for (core::ProtectionRule& rule : environment.rules) {
    if (!rule.id) rule.id = insert_rule(tx, environment.id, rule, now);
  }
  if (!environment.has_custom_policies()) {
    tx.execute("delete from branch_policy where environment_id = $1", {environment.id.value});
  }
}

void delete_environment(sql::Writer& tx, const core::Environment& environment) {
  for (const core::ProtectionRule& rule : environment.rules) delete_rule(tx, rule.id);
  tx.execute("delete from branch_policy where environment_id = $1", {environment.id.value});
  delete_environment_secrets(tx, environment.id);
  tx.execute("delete from environment where id = $1", {environment.id.value});
}

std::vector<core::BranchPolicy> list_branch_policies(sql::Reader& db, EnvironmentId id) {
  return db.all("select id, kind, name from branch_policy where environment_id = $1 order by id",
                {id.value}, [](const sql::Row& row) -> core::BranchPolicy {
                  return {{row.integer(0)},
                          read_enum<core::BranchPolicyKind>(row, 1),
                          std::string(row.text(2))};
                });
}

std::optional<BranchPolicyId> insert_branch_policy(sql::Writer& tx, EnvironmentId environment,
                                                   const core::BranchPolicy& policy,
                                                   Timestamp now) {
  return tx.one(
      "insert into branch_policy (environment_id, kind, name, created_at) "
      "values ($1, $2, $3, $4) on conflict (environment_id, kind, name) do nothing returning id",
      {environment.value, core::to_name(policy.kind), policy.name, to_micros(now)},
      [](const sql::Row& row) { return BranchPolicyId{row.integer(0)}; });
}

bool rename_branch_policy(sql::Writer& tx, EnvironmentId environment,
                          const core::BranchPolicy& policy) {
  return tx.execute(
             "update branch_policy set name = $2 where id = $1 and not exists (select 1 from "
             "branch_policy o where o.environment_id = $3 and o.kind = $4 and o.name = $2 and "
             "o.id <> $1)",
             {policy.id.value, policy.name, environment.value, core::to_name(policy.kind)}) == 1;
}

void delete_branch_policy(sql::Writer& tx, BranchPolicyId id) {
  tx.execute("delete from branch_policy where id = $1", {id.value});
}

}  // namespace esclusa::store
