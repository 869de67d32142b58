#include "core/app.h"

#include <algorithm>

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

std::string bot_login(std::string_view slug) { return std::string(slug) + "[bot]"; }

}  // namespace esclusa::core
