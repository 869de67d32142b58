#pragma once
#include <string>

#include "core/deployment.h"
#include "core/deployment_status.h"
#include "core/hook.h"
#include "core/repository.h"
#include "wire/urls.h"

/// The bodies of events, as the published webhook schemas have them.
namespace esclusa::wire {

/// What every event says of its surroundings.
struct EventContext {
  const core::Repository& repository;
  const core::Account& sender;
  const Urls& urls;
};

/// What the events about a hook itself say of its surroundings.
struct HookEventContext {
  const core::HookOwner& owner;
  const core::Account& sender;
  const Urls& urls;
};

std::string deployment_event(const EventContext& context, const core::Deployment& deployment);
std::string deployment_status_event(const EventContext& context,
                                    const core::DeploymentStatus& status,
                                    const core::Deployment& deployment);
std::string ping_event(const HookEventContext& context, const core::Hook& hook);

}  // namespace esclusa::wire
