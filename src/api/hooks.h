#pragma once
#include "api/call.h"
#include "app/hook_scope.h"

/// The webhooks of repositories and of organizations: every handler serves both.
namespace esclusa::api {

/// Whose hooks the call is about.
app::HookScope hook_scope(const Call& call);

Result<http::Response> list_hooks(const Call& call);
Result<http::Response> create_hook(const Call& call);
Result<http::Response> get_hook(const Call& call);
Result<http::Response> update_hook(const Call& call);
Result<http::Response> get_hook_config(const Call& call);
Result<http::Response> update_hook_config(const Call& call);
Result<http::Response> delete_hook(const Call& call);
Result<http::Response> ping_hook(const Call& call);
/// Of a repository alone.
Result<http::Response> test_hook(const Call& call);

// Ours, below `/esclusa`.
Result<http::Response> rotate_hook_secret(const Call& call);
Result<http::Response> adopt_hook(const Call& call);

}  // namespace esclusa::api
