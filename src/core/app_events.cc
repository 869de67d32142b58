#include "core/app_events.h"

#include <algorithm>

#include "core/hook.h"

namespace esclusa::core {
namespace {

struct EventPermission {
  std::string_view event;
  Permission permission;
};
/// What Esclusa sends. Any other event shows no more than `metadata`, which every app has.
constexpr EventPermission event_permissions[] = {
    {"check_run", Permission::checks},
    {"check_suite", Permission::checks},
    {"deploy_key", Permission::administration},
    {"deployment", Permission::deployments},
    {"deployment_protection_rule", Permission::deployments},
    {"deployment_review", Permission::deployments},
    {"deployment_status", Permission::deployments},
    {"push", Permission::contents},
    {"status", Permission::statuses},
};

}  // namespace

bool may_hear(const Permissions& permissions, std::string_view event) {
  const auto* found = std::ranges::find(event_permissions, event, &EventPermission::event);
  return permissions.has(
      found != std::end(event_permissions) ? found->permission : Permission::metadata,
      PermissionLevel::read);
}

Result<void> check_app_events(const std::vector<std::string>& events) {
  if (std::ranges::find(events, "*") != events.end()) {
    return fail(ErrorCode::invalid, "Name the events one by one, such as deployment",
                "invalid_events");
  }
  auto others = events;
  std::erase(others, "deployment_protection_rule");  // only apps have it
  return check_hook_events(others, AccountId{});
}

}  // namespace esclusa::core
