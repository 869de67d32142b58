#pragma once
#include <string_view>

#include "api/call.h"
#include "api/route_tables.h"
#include "app/hook_scope.h"

/// The webhooks of repositories and of organizations: what the routes of webhooks and of their
/// deliveries share.
#define HOOK REPOSITORY "/hooks/{hook_id}"
#define ORG_HOOKS "/orgs/{org}/hooks"
#define ORG_HOOK ORG_HOOKS "/{hook_id}"

namespace esclusa::api {

inline constexpr std::string_view reads_hooks =
    "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook";
inline constexpr std::string_view writes_hooks =
    "admin:repo_hook, public_repo, repo, write:repo_hook";
inline constexpr std::string_view org_hooks = "admin:org_hook";

/// The repository or organization that owns the webhooks of this call.
app::HookScope hook_scope(const Call& call);

}  // namespace esclusa::api
