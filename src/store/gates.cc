#include "store/gates.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"
#include "store/accounts.h"
#include "store/branch_protections.h"
#include "store/columns.h"
#include "store/custom_rules.h"
#include "store/environments.h"
#include "store/repositories.h"
#include "store/reviews.h"

namespace esclusa::store {
namespace {

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
  if (environment.find<core::CustomRule>() != nullptr) {
    facts.custom_rules = gather_custom_rule_facts(db, environment, deployment.id);
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

}  // namespace esclusa::store
