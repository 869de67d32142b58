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
