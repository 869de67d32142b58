#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"
#include "core/repository.h"

namespace esclusa::core {

enum class HookContentType { json, form };

/// What the latest delivery got: GitHub's `last_response`.
struct HookLastResponse {
  std::optional<int> code;
  std::string status = "unused";
  std::optional<std::string> message;
};

/// Where a hook listens: in one repository, or in all of an organization's.
using HookTarget = std::variant<RepositoryId, AccountId>;

/// The same with its names, which answers and events show.
using HookOwner = std::variant<Repository, Account>;
HookTarget target_of(const HookOwner& owner);

/// What becomes of a delivery that failed: tried again by `retry_pause`, or never, as on GitHub.
enum class HookRetry { schedule, none };

/// What becomes of a `deployment` event when a newer deployment of its environment is live.
enum class WhenSuperseded { deliver, skip };

/// Who made the hook, or adopted it, and answers for it. While the account is blocked, the hook
/// gets nothing.
struct HookCreator {
  AccountId id;
  std::string login;
  bool blocked = false;
};

/// The secret before the present one: it signs beside it until then.
struct FormerSecret {
  Secret secret;
  Timestamp until{};
};

/// How a hook has answered lately. Its breaker is open while `probe_at` is set: then only its
/// oldest delivery is tried, by its schedule and, without spending an attempt, at `probe_at`.
struct HookHealth {
  int failure_count = 0;                        ///< since the latest success
  std::optional<Timestamp> failing_since = {};  ///< the first of them
  std::optional<Timestamp> probe_at = {};
};

/// A webhook. The secrets stand in the clear only here, in memory.
struct Hook {
  HookId id;
  HookTarget target;
  HookCreator creator;
  std::string url;     ///< without credentials
  Secret credentials;  ///< `user:password` as it stood in the URL; sent as Basic
  bool has_unreadable_credentials =
      false;  ///< they were sealed by another key: nothing can be sent
  HookContentType content_type = HookContentType::form;
  Secret secret;
  bool has_unreadable_secret = false;  ///< it was sealed by another key: nothing can be signed
  std::optional<FormerSecret> former_secret;
  bool insecure_ssl = false;
  std::vector<std::string> events;
  bool active = true;
  HookRetry retry = HookRetry::schedule;
  WhenSuperseded when_superseded = WhenSuperseded::deliver;
  HookLastResponse last_response;
  HookHealth health;
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// What answers and events show in place of credentials.
inline constexpr std::string_view masked_credentials = "********";

/// A URL, and the credentials that were taken out of it: `https://user:password@host/`.
struct HookUrl {
  std::string url;
  std::string credentials;  ///< empty: none
};
HookUrl split_hook_url(std::string_view text);
/// The hook's URL as answers and events show it.
std::string shown_url(const Hook& hook);

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
  std::optional<HookRetry> retry = {};
  std::optional<WhenSuperseded> when_superseded = {};
};

/// A new secret, and how long the one before it goes on signing beside it.
struct SecretRotation {
  std::string secret;
  std::chrono::seconds former_valid_for = limits::former_secret_time;
};

/// Whether only apps get such events on GitHub. Here a hook gets them if it names them; `*` does
/// not stand for them, so that a hook made for GitHub gets what it would get there.
bool is_app_event(std::string_view event);
/// Whether the hook asked for events of that kind.
bool wants_event(const Hook& hook, std::string_view event);

/// Known names; `*` for all; an organization's hook may ask for more. App-only events are refused
/// with GitHub's text.
Result<void> check_hook_events(const std::vector<std::string>& events, const HookTarget& target);

/// Applies `input` to `hook` and checks the outcome: `config` replaces the whole configuration,
/// and a secret that is not sent again is dropped. A URL that is sent back as it was shown keeps
/// its credentials; with another URL, masked ones are refused, and so is a change that switches off
/// the check of certificates under credentials that are not sent with it.
Result<void> apply_hook_input(Hook& hook, const HookInput& input);

/// Applies single keys. A new URL drops the secret unless one is sent with it: whoever may change
/// the hook must not be able to have a secret that they do not know used elsewhere.
Result<void> apply_config_changes(Hook& hook, const HookConfigChanges& changes);

/// Makes the new secret the hook's, and keeps the former one for that long; with no time at all it
/// ends at once. Of two rotations only the latest former secret is kept. The present secret once
/// more changes nothing: whoever repeats a request must not lose the former one.
Result<void> rotate_secret(Hook& hook, const SecretRotation& rotation, Timestamp now);

/// Refuses `hook` where GitHub's two rules about its target's hooks do: it is the duplicate of
/// another, and was not before, or an event that it newly wants has too many. `hooks` are all; one
/// may be its old self.
Result<void> check_other_hooks(const Hook& hook, const std::vector<Hook>& hooks);

/// Whether both would deliver the same events to the same place: a duplicate. Credentials and
/// secrets are left out: a refusal would tell whoever guesses them that the guess is right.
bool is_duplicate(const Hook& a, const Hook& b);

/// The pause before the attempt that follows `attempt_count` attempts; nothing when the schedule
/// is spent. `jitter` in [0, 1) spreads it by ±10 %. Source: Standard Webhooks 1.0.0.
std::optional<std::chrono::microseconds> retry_pause(int attempt_count, double jitter);
inline constexpr int delivery_attempts_max = 10;

/// The health after one more failure at `now`. After five of them the breaker opens. The pause
/// before the next probe grows with the time of failing, from 30 s to 5 min; `scale` multiplies it.
HookHealth after_failure(const HookHealth& health, Timestamp now, double scale = 1.0);
/// Whether the hook has failed for so long (five days) and so often (20 times) that it is disabled.
bool is_given_up(const HookHealth& health, Timestamp now);

template <>
struct enum_names<HookContentType> {
  static constexpr NameTable<HookContentType, 2> values{
      {{HookContentType::json, "json"}, {HookContentType::form, "form"}}};
};

template <>
struct enum_names<HookRetry> {
  static constexpr NameTable<HookRetry, 2> values{
      {{HookRetry::schedule, "schedule"}, {HookRetry::none, "none"}}};
};

template <>
struct enum_names<WhenSuperseded> {
  static constexpr NameTable<WhenSuperseded, 2> values{
      {{WhenSuperseded::deliver, "deliver"}, {WhenSuperseded::skip, "skip"}}};
};

}  // namespace esclusa::core
