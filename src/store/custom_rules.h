#pragma once
#include <map>
#include <vector>

#include "core/environment.h"
#include "core/gates.h"
#include "sql/connection.h"

/// Custom rules: the apps that can provide them, and what the apps say about deployments.
namespace esclusa::store {

/// The app of a rule, also after its removal.
core::RuleApp read_rule_app(sql::Reader& db, AppId id);

/// An installation whose app can provide a rule: it reaches the repository, may write deployments
/// and gets the event `deployment_protection_rule`.
struct RuleInstallation {
  InstallationId id;
  core::RuleApp app;
  bool is_suspended = false;  ///< or the app's bot is blocked
};
/// In the order of the apps' ids.
std::vector<RuleInstallation> list_rule_installations(sql::Reader& db, RepositoryId repository);

/// The facts of each custom rule of the environment; `deployment` may have no id yet.
std::map<ProtectionRuleId, core::CustomRuleFacts> gather_custom_rule_facts(
    sql::Reader& db, const core::Environment& environment, DeploymentId deployment);

/// An answer of an app by its rule.
struct CustomRuleAnswer {
  DeploymentId deployment_id;
  ProtectionRuleId rule_id;
  core::CustomRuleState state = core::CustomRuleState::reported;
  std::string comment;
  Timestamp created_at{};
};
void insert_custom_rule_answer(sql::Writer& tx, const CustomRuleAnswer& answer);

}  // namespace esclusa::store
