#include "store/gates.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"
#include "core/access.h"
#include "store/accounts.h"
#include "store/branch_protections.h"
#include "store/columns.h"
#include "store/environments.h"
#include "store/repositories.h"

namespace esclusa::store {
namespace {

/// Whether the rule names the account or a team of it, and neither the account nor the human who
/// answers for it is blocked.
bool is_named(sql::Reader& db, ProtectionRuleId rule, AccountId account) {
  constexpr const char* sql =
      "select count(*) from account c where c.id = $2 and "
      "c.blocked_at is null and not exists (select 1 from account h where h.id = c.human_id and "
      "h.blocked_at is not null) and exists (select 1 from required_reviewer w where "
      "w.protection_rule_id = $1 and (w.account_id = c.id or exists (select 1 from team_member m "
      "where m.team_id = w.team_id and m.account_id = c.id)))";
  return db.number(sql, {rule.value, account.value}) > 0;
}

core::DeploymentReview read_review(const sql::Row& row) {
  return {.id = {row.integer(0)},
          .deployment_id = {row.integer(1)},
          .environment_id = {row.integer(2)},
          .environment = {{row.integer(3)}, std::string(row.text(4))},
          .rule_id = read_optional_id<ProtectionRuleId>(row, 5),
          .sha = std::string(row.text(6)),
          .state = read_enum<core::ReviewState>(row, 7),
          .reviewer = read_account(row, 11),
          .human_id = {row.integer(8)},
          .comment = std::string(row.text(9)),
          .created_at = from_micros(row.integer(10))};
}

std::string numbers_text(const core::GateVerdict& verdict) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, number] : verdict.numbers) json.member(name, number);
  return json.end_object().take();
}

std::map<std::string, int64_t> read_numbers(std::string_view text) {
  std::map<std::string, int64_t> numbers;
  const auto json = Json::parse(text);
  ENSURE(json.has_value());
  for (const auto& [name, value] : json->members()) {
    const auto number = value.integer();
    ENSURE(number.has_value());
    numbers.emplace(name, *number);
  }
  return numbers;
}

core::Repository require_repository(sql::Reader& db, RepositoryId id) {
  auto repository = find_repository(db, id);
  ENSURE(repository.has_value());
  return *std::move(repository);
}

}  // namespace

core::GateFacts gather_gate_facts(sql::Reader& db, const core::Environment& environment,
                                  const core::Deployment& deployment, const core::GateTime& now) {
  core::GateFacts facts;
  facts.now = now;
  if (const auto* rule = environment.find<core::BranchPolicyRule>()) {
    if (rule->mode == core::BranchPolicyMode::custom_branch_policies) {
      facts.branch_policies = list_branch_policies(db, environment.id);
    } else {
      for (core::BranchProtection& each : list_branch_protections(db, environment.repository_id)) {
        facts.protected_branches.push_back(std::move(each.pattern));
      }
    }
  }
  if (deployment.id && environment.find<core::RequiredReviewersRule>() != nullptr) {
    facts.reviews = list_reviews(db, deployment.id);
  }
  if (facts.reviews.empty()) return facts;
  const auto repository = require_repository(db, environment.repository_id);
  for (core::DeploymentReview& review : facts.reviews) {
    review.is_entitled =
        review.rule_id && may_review(db, repository, *review.rule_id, review.reviewer);
  }
  return facts;
}

std::set<AccountId> list_unentitled(sql::Reader& db, const core::Environment& environment) {
  std::set<AccountId> unentitled;
  for (const core::ProtectionRule& rule : environment.rules) {
    const auto* gate = std::get_if<core::RequiredReviewersRule>(&rule.gate);
    if (gate == nullptr) continue;
    const auto repository = require_repository(db, environment.repository_id);
    for (const core::Reviewer& reviewer : gate->reviewers) {
      const auto* id = std::get_if<AccountId>(&reviewer.id);
      if (id == nullptr) continue;
      const auto account = find_account(db, *id);
      if (!account || !may_review(db, repository, rule.id, *account)) unentitled.insert(*id);
    }
  }
  return unentitled;
}

void save_verdicts(sql::Writer& tx, DeploymentId deployment,
                   const std::vector<core::GateVerdict>& verdicts, Timestamp now) {
  tx.execute("delete from deployment_gate where deployment_id = $1", {deployment.value});
  for (const core::GateVerdict& verdict : verdicts) {
    tx.execute(
        "insert into deployment_gate (deployment_id, kind, protection_rule_id, state, "
        "reason_code, message, numbers, opens_at, judged_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {deployment.value, core::to_name(verdict.kind), verdict.rule_id.value,
         core::to_name(verdict.state), verdict.reason_code, verdict.message, numbers_text(verdict),
         time_value(verdict.opens_at), to_micros(now)});
  }
}

std::vector<core::GateVerdict> list_verdicts(sql::Reader& db, DeploymentId deployment) {
  auto verdicts = db.all(
      "select kind, protection_rule_id, state, reason_code, message, numbers, opens_at from "
      "deployment_gate where deployment_id = $1 order by protection_rule_id",
      {deployment.value}, [](const sql::Row& row) -> core::GateVerdict {
        return {.kind = read_enum<core::GateKind>(row, 0),
                .rule_id = {row.integer(1)},
                .state = read_enum<core::GateState>(row, 2),
                .reason_code = std::string(row.text(3)),
                .message = std::string(row.text(4)),
                .numbers = read_numbers(row.text(5)),
                .openers = {},
                .opens_at = read_optional_time(row, 6)};
      });
  std::ranges::stable_sort(verdicts, {}, &core::GateVerdict::kind);
  return verdicts;
}

std::optional<DeploymentReviewId> insert_review(sql::Writer& tx,
                                                const core::DeploymentReview& review,
                                                const core::Actor& reviewer) {
  return tx.one(
      "insert into deployment_review (deployment_id, environment_id, environment_name_id, "
      "protection_rule_id, sha, state, reviewer_id, reviewer_token_id, reviewer_human_id, "
      "comment, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
      "on conflict do nothing returning id",
      {review.deployment_id.value, review.environment_id.value, review.environment.id.value,
       id_value(review.rule_id), review.sha, core::to_name(review.state), review.reviewer.id.value,
       token_value(reviewer), review.human_id.value, review.comment, to_micros(review.created_at)},
      [](const sql::Row& row) { return DeploymentReviewId{row.integer(0)}; });
}

std::vector<core::DeploymentReview> list_reviews(sql::Reader& db, DeploymentId deployment) {
  static const std::string sql =
      "select v.id, v.deployment_id, v.environment_id, n.id, n.name, v.protection_rule_id, v.sha, "
      "v.state, v.reviewer_human_id, v.comment, v.created_at, " +
      account_columns("c") +
      " from deployment_review v join environment_name n on n.id = v.environment_name_id "
      "join account c on c.id = v.reviewer_id where v.deployment_id = $1 order by v.id desc";
  return db.all(sql, {deployment.value}, read_review);
}

bool holds_role(sql::Reader& db, const core::Repository& repository, const core::Account& account) {
  core::Repository closed = repository;  // so that only granted roles count
  closed.visibility = core::Visibility::is_private;
  auto holds = [&](const core::Account& one) {
    const core::Role granted = find_role(db, closed, one.id);
    return core::effective_role(&one, closed, granted) > core::Role::none;
  };
  if (!holds(account)) return false;
  const AccountId human_id = core::who_answers_for(account);
  if (human_id == account.id) return true;
  const auto human = find_account(db, human_id);
  return human && holds(*human);
}

bool may_review(sql::Reader& db, const core::Repository& repository, ProtectionRuleId rule,
                const core::Account& account) {
  return is_named(db, rule, account.id) && holds_role(db, repository, account);
}

}  // namespace esclusa::store
