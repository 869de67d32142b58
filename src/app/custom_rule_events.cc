#include "app/custom_rule_events.h"

#include <algorithm>

#include "app/deployment_events.h"
#include "base/check.h"
#include "store/custom_rules.h"
#include "store/hooks.h"
#include "wire/custom_rule.h"

namespace esclusa::app {
namespace {

AppId app_of(const core::Environment& environment, ProtectionRuleId id) {
  const auto rule = std::ranges::find(environment.rules, id, &core::ProtectionRule::id);
  ENSURE(rule != environment.rules.end());
  return std::get<core::CustomRule>(rule->gate).app.id;
}

}  // namespace

void ask_apps(Change& change, const core::Repository& repository, const Waiting& about,
              const std::vector<ProtectionRuleId>& rules) {
  if (rules.empty()) return;
  const core::Account* account = change.actor.account();
  const core::Account& sender = account != nullptr ? *account : about.deployment.creator;
  const auto installations = store::list_rule_installations(change.rows, repository.id);
  for (const ProtectionRuleId rule : rules) {
    const AppId app = app_of(about.environment, rule);
    const auto installation = std::ranges::find(
        installations, app, [](const store::RuleInstallation& each) { return each.app.id; });
    ENSURE(installation != installations.end());  // otherwise the gate would wait for nobody
    const auto hook = store::find_app_hook(change.rows, app);
    if (!hook) continue;
    core::Event event =
        new_deployment_event(change, about.deployment, "deployment_protection_rule", "requested");
    event.only_hook = *hook;
    event.only_installation = installation->id;
    change.raise(event, wire::protection_rule_requested_event(
                            change.event_context(repository, sender), about.deployment,
                            about.environment.name.name));
  }
}

}  // namespace esclusa::app
