#pragma once
#include "api/call.h"
#include "app/hook_scope.h"

/// The webhooks of repositories and of organizations: each handler serves both, unless it says
/// otherwise.
namespace esclusa::api {

/// The repository or organization that owns the webhooks of this call.
app::HookScope hook_scope(const Call& call);

Result<http::Response> list_hooks(const Call& call);
Result<http::Response> create_hook(const Call& call);
Result<http::Response> get_hook(const Call& call);
Result<http::Response> update_hook(const Call& call);
Result<http::Response> get_hook_config(const Call& call);
Result<http::Response> update_hook_config(const Call& call);
Result<http::Response> delete_hook(const Call& call);
Result<http::Response> ping_hook(const Call& call);
/// Only for webhooks of repositories.
Result<http::Response> test_hook(const Call& call);

// Not on GitHub, below `/esclusa`.
Result<http::Response> rotate_hook_secret(const Call& call);
Result<http::Response> adopt_hook(const Call& call);

}  // namespace esclusa::api
