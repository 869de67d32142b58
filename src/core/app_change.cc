#include "core/app_change.h"

#include <algorithm>

namespace esclusa::core {
namespace {

/// What both have, by the lower level.
Permissions common_permissions(const Permissions& one, const Permissions& other) {
  Permissions::Levels levels;
  for (const auto& [permission, level] : one.levels()) {
    const auto found = other.levels().find(permission);
    if (found != other.levels().end()) levels[permission] = std::min(level, found->second);
  }
  return Permissions(std::move(levels));
}

}  // namespace

Installation adapt_installation(Installation installation, const App& changed, bool accepted) {
  if (accepted) {
    installation.permissions = changed.permissions;
    installation.events = changed.events;
    return installation;
  }
  installation.permissions = common_permissions(installation.permissions, changed.permissions);
  std::erase_if(installation.events, [&](const std::string& event) {
    return std::ranges::find(changed.events, event) == changed.events.end();
  });
  return installation;
}

}  // namespace esclusa::core
