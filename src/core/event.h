#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace esclusa::core {

/// An event: something that happened. All its deliveries have the same GUID and the same stored
/// body.
struct Event {
  EventId id;
  std::string guid;
  std::optional<RepositoryId> repository_id;        ///< nothing: the ping of an organization's hook
  std::optional<EnvironmentNameId> environment_id;  ///< deliveries are in order within it
  std::optional<DeploymentId> deployment_id;
  std::string kind;                 ///< `X-GitHub-Event`
  std::string action;               ///< empty if the event has none
  int64_t event_no = 0;             ///< from 1, without gaps within its deployment; 0 without one
  std::optional<HookId> only_hook;  ///< for this hook only: a ping or a test
  /// With `only_hook`, if that is an app's: the installation by which the app hears of it.
  std::optional<InstallationId> only_installation = {};
  bool announced = true;  ///< whether hooks receive it
  Timestamp created_at{};
};

}  // namespace esclusa::core
