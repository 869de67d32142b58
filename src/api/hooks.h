#pragma once
#include "api/call.h"
#include "app/hook_scope.h"

/// The webhooks of repositories and of organizations.
namespace esclusa::api {

/// The repository or organization that owns the webhooks of this call.
app::HookScope hook_scope(const Call& call);

}  // namespace esclusa::api
