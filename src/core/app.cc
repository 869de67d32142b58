#include "core/app.h"

#include <algorithm>

#include "core/team.h"

namespace esclusa::core {

bool is_usable(const InstallationGrant& grant, Timestamp now) {
  return now < grant.token.expires_at && !grant.token.revoked_at &&
         !grant.installation.suspended_at && !grant.installation.removed_at &&
         !grant.app.removed_at && !grant.app.bot.blocked_at;
}

bool allows(const InstallationGrant& grant, const NeededPermissions& needed) {
  return !needed.empty() && std::ranges::all_of(needed, [&](const NeededPermission& one) {
    return grant.token.permissions.has(one.permission, one.level) &&
           grant.installation.permissions.has(one.permission, one.level);
  });
}

std::string app_slug(std::string_view name) {
  std::string slug = team_slug(name);
  std::ranges::replace(slug, '_', '-');  // a login has none
  return slug;
}

std::string bot_login(std::string_view slug) { return std::string(slug) + "[bot]"; }

Permissions with_metadata(const Permissions& permissions) {
  auto levels = permissions.levels();
  levels.try_emplace(Permission::metadata, PermissionLevel::read);
  return Permissions(std::move(levels));
}

}  // namespace esclusa::core
