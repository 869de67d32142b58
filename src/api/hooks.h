#pragma once
#include <string_view>

#include "api/call.h"
#include "api/route_tables.h"
#include "app/hook_scope.h"

/// The webhooks of repositories, organizations and apps: what the routes of webhooks and of their
/// deliveries share.
#define HOOK REPOSITORY "/hooks/{hook_id}"
#define APP_HOOK "/app/hook"
#define ORG_HOOKS "/orgs/{org}/hooks"
#define ORG_HOOK ORG_HOOKS "/{hook_id}"

namespace esclusa::api {

inline constexpr std::string_view reads_hooks =
    "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook";
inline constexpr std::string_view writes_hooks =
    "admin:repo_hook, public_repo, repo, write:repo_hook";
inline constexpr std::string_view org_hooks = "admin:org_hook";

/// The repository, organization or app that owns the webhooks of this call.
app::HookScope hook_scope(const Call& call);

/// Refuses a URL to which no webhook may be sent.
Result<void> check_url(const Call& call, const std::string& text);

/// The webhook of this call: the one in the path, or the app's own.
Result<HookId> hook_id(const Call& call, app::Reader& db);
/// The same where the handler has no snapshot.
Result<HookId> hook_id(const Call& call);

}  // namespace esclusa::api
