#include "app/custom_rules.h"

#include <algorithm>

#include "app/deployment_events.h"
#include "app/gates.h"
#include "base/text.h"
#include "core/names.h"
#include "store/custom_rules.h"
#include "store/environments.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

Result<core::Environment> find(Reader& db, const RepositoryAccess& access,
                               const std::string& name) {
  auto environment = store::find_environment(db, access.repository.id, name);
  if (!environment) return not_found();
  return *std::move(environment);
}

const core::CustomRule* as_custom(const core::ProtectionRule& rule) {
  return std::get_if<core::CustomRule>(&rule.gate);
}

const core::ProtectionRule* find_rule_of(const core::Environment& environment, AppId app) {
  const auto rule = std::ranges::find_if(environment.rules, [&](const auto& each) {
    return as_custom(each) != nullptr && as_custom(each)->app.id == app;
  });
  return rule != environment.rules.end() ? &*rule : nullptr;
}

Result<core::ProtectionRule> find_rule(const core::Environment& environment, ProtectionRuleId id) {
  const auto rule = std::ranges::find(environment.rules, id, &core::ProtectionRule::id);
  if (rule == environment.rules.end() || as_custom(*rule) == nullptr) return not_found();
  return *rule;
}

/// Records a change of the rules of the environment, and judges by them.
void save(Change& change, const RepositoryAccess& access, core::Environment& environment) {
  store::save_environment(change.rows, environment, change.now);
  change.audit({"environment.update", environment.repository_id, environment.id.value,
                core::audit_detail(environment)});
  judge_environment(change, access.repository, environment.name.id);
}

Result<core::RuleApp> find_available(Reader& db, RepositoryId repository, AppId id) {
  for (const store::RuleInstallation& each : store::list_rule_installations(db, repository)) {
    if (each.app.id == id && !each.is_suspended) return each.app;
  }
  return fail_validation({"DeploymentProtectionRule", "integration_id", "custom",
                          "The app is not installed in this repository, or it lacks the permission "
                          "deployments=write or the event deployment_protection_rule"},
                         "app_not_available");
}

}  // namespace

Result<std::vector<core::ProtectionRule>> list_custom_rules(Reader& db,
                                                            const RepositoryAccess& access,
                                                            const std::string& name) {
  auto rules = TRY(find(db, access, name)).rules;
  std::erase_if(rules, [](const auto& rule) { return as_custom(rule) == nullptr; });
  return rules;
}

Result<core::ProtectionRule> get_custom_rule(Reader& db, const RepositoryAccess& access,
                                             const std::string& name, ProtectionRuleId id) {
  return find_rule(TRY(find(db, access, name)), id);
}

Result<std::vector<core::RuleApp>> list_available_apps(Reader& db, const RepositoryAccess& access,
                                                       const std::string& name) {
  TRY(find(db, access, name));
  std::vector<core::RuleApp> apps;
  for (auto& each : store::list_rule_installations(db, access.repository.id)) {
    if (!each.is_suspended) apps.push_back(std::move(each.app));
  }
  return apps;
}

Result<core::ProtectionRule> create_custom_rule(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& name, AppId id) {
  return change(context, access.actor, [&](Change& change) -> Result<core::ProtectionRule> {
    auto environment = TRY(find(change.rows, access, name));
    const core::RuleApp app = TRY(find_available(change.rows, access.repository.id, id));
    if (find_rule_of(environment, id) != nullptr) {
      return fail_validation({"DeploymentProtectionRule", "integration_id", "already_exists", ""},
                             "already_exists");
    }
    const auto count =
        std::ranges::count(environment.rules, core::GateKind::custom, &core::ProtectionRule::kind);
    if (static_cast<size_t>(count) >= core::custom_rules_max) {
      return fail_validation(
          {"DeploymentProtectionRule", "integration_id", "custom",
           "An environment can have at most " + std::to_string(core::custom_rules_max) +
               " custom deployment protection rules"},
          "too_many_custom_rules");
    }
    environment.rules.push_back({{}, core::CustomRule{app, change.now}});
    save(change, access, environment);
    return *find_rule_of(environment, id);
  });
}

Result<void> delete_custom_rule(const Context& context, const RepositoryAccess& access,
                                const std::string& name, ProtectionRuleId id) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    auto environment = TRY(find(change.rows, access, name));
    TRY(find_rule(environment, id));
    std::erase_if(environment.rules, [&](const auto& rule) { return rule.id == id; });
    save(change, access, environment);
    return {};
  });
}

namespace {

Result<void> check_comment(const std::string& comment) {
  if (utf8_length(comment) <= core::custom_rule_comment_chars_max) return {};
  return fail_validation({"DeploymentProtectionRule", "comment", "custom",
                          "comment is too long (maximum is " +
                              std::to_string(core::custom_rule_comment_chars_max) + ")"},
                         "too_long");
}

std::unexpected<Error> not_the_apps_rule() {
  return fail(ErrorCode::forbidden,
              "Only the app of a custom deployment protection rule may answer it.",
              "not_the_apps_rule");
}

void record_answer(Change& change, const RepositoryAccess& access, const HeldDeployment& held,
                   ProtectionRuleId rule, const core::NewCustomRuleAnswer& answer) {
  store::insert_custom_rule_answer(
      change.rows, {held.deployment.id, rule, answer.state, answer.comment, change.now});
  change.audit({"deployment_protection_rule." + std::string(core::to_name(answer.state)),
                access.repository.id, held.deployment.id.value,
                wire::audit_detail({{"comment", answer.comment}})},
               held.environment.name.name);
}

}  // namespace

Result<void> answer_custom_rule(const Context& context, const RepositoryAccess& access,
                                DeploymentId id, const core::NewCustomRuleAnswer& answer) {
  const core::InstallationGrant* installation = access.actor.installation();
  if (installation == nullptr) return not_the_apps_rule();
  TRY(check_comment(answer.comment));
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    HeldDeployment held = TRY(find_held(change.rows, access.repository.id, id));
    if (core::fold_case(answer.environment) != core::fold_case(held.environment.name.name)) {
      return fail(ErrorCode::invalid,
                  "The deployment waits for " + held.environment.name.name + " alone.",
                  "environment_not_waiting");
    }
    const core::ProtectionRule* rule = find_rule_of(held.environment, installation->app.id);
    if (rule == nullptr) return not_the_apps_rule();
    const auto facts =
        store::gather_custom_rule_facts(change.rows, held.environment, held.deployment.id)
            .at(rule->id);
    TRY(core::check_custom_rule_answer(*as_custom(*rule), held.deployment, facts, answer.state));
    if (answer.state == core::CustomRuleState::approved && facts.is_approved) {
      change.skip_audit();  // nothing changes
      return {};
    }
    record_answer(change, access, held, rule->id, answer);
    if (answer.state == core::CustomRuleState::approved) {
      judge_again(change, access.repository, held.deployment);
    } else if (answer.state == core::CustomRuleState::rejected) {
      end_held(change, held.deployment, core::DeploymentTrigger::review_rejected);
      record_status(change, access.repository, held.deployment, core::DeploymentState::failure,
                    "Rejected by " + access.actor.sender().login + ".");
    }
    return {};
  });
}

}  // namespace esclusa::app
