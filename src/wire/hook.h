#pragma once
#include "core/hook.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/hooks`: `config` with a URL must be there; `events` defaults to `push`.
Result<core::HookInput> parse_new_hook(std::string_view body);
/// The body of `PATCH …/hooks/{id}`: everything may be absent.
Result<core::HookInput> parse_hook_changes(std::string_view body);

/// The body of `PATCH …/hooks/{id}/config`: single keys, all of which may be absent.
Result<core::HookConfigChanges> parse_hook_config_changes(std::string_view body);

/// The body of `PUT …/secret`.
Result<core::SecretRotation> parse_secret_rotation(std::string_view body);

/// GitHub's `webhook-config`. The secret shows as eight asterisks, and not at all when unset.
void write_hook_config(JsonWriter& json, const core::Hook& hook);
/// GitHub's `hook` or `org-hook`, and what is ours. The secret shows as eight asterisks.
void write_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                const Urls& urls);
/// The hook of a ping: the published schema knows it only as one that was never used, and nothing
/// of ours.
void write_pinged_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                       const Urls& urls);
/// What a `meta` event says of a hook that is gone: no links.
void write_deleted_hook(JsonWriter& json, const core::Hook& hook);

}  // namespace esclusa::wire
