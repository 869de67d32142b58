#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace esclusa::core {

/// Something that happened, with one GUID for all its deliveries and one frozen body.
struct Event {
  EventId id;
  std::string guid;
  std::optional<RepositoryId> repository_id;        ///< nothing: the ping of an organization's hook
  std::optional<EnvironmentNameId> environment_id;  ///< deliveries keep their order within it
  std::optional<DeploymentId> deployment_id;
  std::string kind;      ///< `X-GitHub-Event`
  std::string action;    ///< empty where the event has none
  int64_t event_no = 0;  ///< gapless within its deployment, from 1; 0 without a deployment
  std::optional<HookId> only_hook;  ///< it concerns that hook alone: a ping, a test
  bool announced = true;            ///< whether hooks get it
  Timestamp created_at{};
};

}  // namespace esclusa::core
