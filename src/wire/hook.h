#pragma once
#include "core/hook.h"
#include "core/repository.h"
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

/// GitHub's `webhook-config`. The secret shows as eight asterisks, and not at all when unset.
void write_hook_config(JsonWriter& json, const core::Hook& hook);
/// GitHub's `hook`. The secret shows as eight asterisks.
void write_hook(JsonWriter& json, const core::Hook& hook, const core::Repository& repository,
                const Urls& urls);
/// What a `meta` event says of a hook that is gone: no links.
void write_deleted_hook(JsonWriter& json, const core::Hook& hook);

}  // namespace esclusa::wire
