#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/hook.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/hooks`: `config` with a URL is required; `events` defaults to `push`.
Result<core::HookInput> parse_new_hook(std::string_view body);
/// The body of `PATCH …/hooks/{id}`: every member is optional.
Result<core::HookInput> parse_hook_changes(std::string_view body);

/// The body of `PATCH …/hooks/{id}/config`: single keys, each of which is optional.
Result<core::HookConfigChanges> parse_hook_config_changes(std::string_view body);

/// The body of `PUT …/secret`.
Result<core::SecretRotation> parse_secret_rotation(std::string_view body);

/// GitHub's `webhook-config`. A secret is shown as eight asterisks, and an unset one is left out.
void write_hook_config(JsonWriter& json, const core::Hook& hook);
/// GitHub's `hook` or `org-hook`, with Esclusa's own members. A secret is shown as eight asterisks.
void write_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                const Urls& urls);
/// The hook of a `ping` event: the published schema requires a hook that was never used, and allows
/// none of Esclusa's own members.
void write_pinged_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                       const Urls& urls);
/// The deleted hook of a `meta` event, without links.
void write_deleted_hook(JsonWriter& json, const core::Hook& hook);

}  // namespace esclusa::wire
