#include "store/reviews.h"

#include "core/access.h"
#include "store/accounts.h"
#include "store/columns.h"
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

}  // namespace

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
