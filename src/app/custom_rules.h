#pragma once
#include <string>
#include <vector>

#include "app/access.h"
#include "core/environment.h"

/// Custom rules of environments, and the answers of their apps. The caller has judged the access.
namespace esclusa::app {

/// The custom rules of the environment.
Result<std::vector<core::ProtectionRule>> list_custom_rules(Reader& db,
                                                            const RepositoryAccess& access,
                                                            const std::string& environment);
Result<core::ProtectionRule> get_custom_rule(Reader& db, const RepositoryAccess& access,
                                             const std::string& environment, ProtectionRuleId id);
/// The apps that can provide a rule for the environment.
Result<std::vector<core::RuleApp>> list_available_apps(Reader& db, const RepositoryAccess& access,
                                                       const std::string& environment);

/// Adds a rule, and judges what waits again. 422 `app_not_available` unless the app can provide
/// one, `already_exists`, `too_many_custom_rules`.
Result<core::ProtectionRule> create_custom_rule(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& environment, AppId app);
/// Deletes the rule, and judges what waits again.
Result<void> delete_custom_rule(const Context& context, const RepositoryAccess& access,
                                const std::string& environment, ProtectionRuleId id);

/// Records what an app says about a deployment by its rule. An approval may open the last gate, and
/// a rejection ends the deployment; a repeated approval changes nothing. 403 `not_the_apps_rule`
/// for all but an installation of an app that has a rule there; 422 `too_long`, `not_waiting`,
/// `environment_not_waiting`, `too_many_reports`, `self_review_prevented`; 503 `gates_unreadable`.
Result<void> answer_custom_rule(const Context& context, const RepositoryAccess& access,
                                DeploymentId id, const core::NewCustomRuleAnswer& answer);

}  // namespace esclusa::app
