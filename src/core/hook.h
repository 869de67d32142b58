#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/enum_names.h"

namespace esclusa::core {

enum class HookContentType { json, form };

/// What the latest delivery got: GitHub's `last_response`.
struct HookLastResponse {
  std::optional<int> code;
  std::string status = "unused";
  std::optional<std::string> message;
};

/// A repository webhook. The secret stands in the clear only here, in memory.
struct Hook {
  HookId id;
  RepositoryId repository_id;
  std::string url;
  HookContentType content_type = HookContentType::form;
  Secret secret;
  bool insecure_ssl = false;
  std::vector<std::string> events;
  bool active = true;
  HookLastResponse last_response;
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// The changes of a `POST` (all that is given counts) or a `PATCH` of a hook.
struct HookConfig {
  std::string url;
  HookContentType content_type = HookContentType::form;
  std::optional<std::string> secret;
  bool insecure_ssl = false;
};

/// The changes of a `PATCH …/config`: what is absent stays.
struct HookConfigChanges {
  std::optional<std::string> url;
  std::optional<HookContentType> content_type;
  std::optional<std::string> secret;  ///< an empty one removes it
  std::optional<bool> insecure_ssl;
};

struct HookInput {
  std::optional<HookConfig> config;
  std::optional<std::vector<std::string>> events;
  std::vector<std::string> add_events;
  std::vector<std::string> remove_events;
  std::optional<bool> active;
};

/// Whether the hook asked for events of that kind.
bool wants_event(const Hook& hook, std::string_view event);

/// Known names; `*` for all. App-only events are refused with GitHub's text.
Result<void> check_hook_events(const std::vector<std::string>& events);

/// Applies `input` to `hook` and checks the outcome: `config` replaces the whole configuration,
/// and a secret that is not sent again is dropped.
Result<void> apply_hook_input(Hook& hook, const HookInput& input);

/// Applies single keys. A new URL drops the secret unless one is sent with it: whoever may change
/// the hook must not be able to have a secret that they do not know used elsewhere.
Result<void> apply_config_changes(Hook& hook, const HookConfigChanges& changes);

/// Refuses `hook` where GitHub's two rules about the repository's hooks do: it is the duplicate of
/// another, or an event that it newly wants has too many. `hooks` are all; one may be its old self.
Result<void> check_other_hooks(const Hook& hook, const std::vector<Hook>& hooks);

/// Whether both would deliver the same events to the same place: a duplicate.
bool is_duplicate(const Hook& a, const Hook& b);

/// The pause before the attempt that follows `attempt_count` attempts; nothing when the schedule
/// is spent. `jitter` in [0, 1) spreads it by ±10 %. Source: Standard Webhooks 1.0.0.
std::optional<std::chrono::microseconds> retry_pause(int attempt_count, double jitter);
inline constexpr int delivery_attempts_max = 10;

template <>
struct enum_names<HookContentType> {
  static constexpr NameTable<HookContentType, 2> values{
      {{HookContentType::json, "json"}, {HookContentType::form, "form"}}};
};

}  // namespace esclusa::core
