#pragma once
#include <vector>

#include "app/change.h"
#include "core/environment.h"

/// The `deployment_protection_rule` events.
namespace esclusa::app {

/// A deployment that waits, and its environment.
struct Waiting {
  const core::Deployment& deployment;
  const core::Environment& environment;
};
/// Inserts an event for the app of each of these rules, which are rules of the environment: its
/// rule is to be answered. The event is for the hook of the app alone; an app without a hook gets
/// none. Its sender is the actor's account, or the deployment's creator where the actor has none.
void ask_apps(Change& change, const core::Repository& repository, const Waiting& about,
              const std::vector<ProtectionRuleId>& rules);

}  // namespace esclusa::app
