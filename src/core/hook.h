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
#include "core/app.h"
#include "core/enum_names.h"
#include "core/repository.h"

namespace esclusa::core {

enum class HookContentType { json, form };

/// The result of the latest delivery: GitHub's `last_response`.
struct HookLastResponse {
  std::optional<int> code;
  std::string status = "unused";
  std::optional<std::string> message;
};

/// What a hook belongs to: one repository, an organization and all its repositories, or an app and
/// all repositories where it is installed.
using HookTarget = std::variant<RepositoryId, AccountId, AppId>;

/// A hook's target with its names, for answers and events.
using HookOwner = std::variant<Repository, Account, App>;
HookTarget target_of(const HookOwner& owner);

/// Whether a failed delivery is retried: by `retry_pause`, or never, as on GitHub.
enum class HookRetry { schedule, none };

/// Whether a `deployment` event is still delivered after a newer deployment of its environment has
/// succeeded.
enum class WhenSuperseded { deliver, skip };

/// The account that made or adopted the hook and is responsible for it. While it is blocked, the
/// hook receives nothing.
struct HookCreator {
  AccountId id;
  std::string login;
  bool blocked = false;
};

/// The previous secret. Until `until`, deliveries are signed with both secrets.
struct FormerSecret {
  Secret secret;
  Timestamp until{};
};

/// The recent health of a hook. Its circuit breaker is open while `probe_at` is set. Then only the
/// oldest delivery is tried: by its retry schedule, and at `probe_at`, which does not count as an
/// attempt.
struct HookHealth {
  int failure_count = 0;                        ///< since the latest success
  std::optional<Timestamp> failing_since = {};  ///< the time of the first of these failures
  std::optional<Timestamp> probe_at = {};
};

/// A webhook. Only here, in memory, are the secrets in plain text.
struct Hook {
  HookId id;
  HookTarget target;
  HookCreator creator;
  std::string url;     ///< without credentials
  Secret credentials;  ///< `user:password` as in the URL; sent as Basic authentication
  bool has_unreadable_credentials = false;  ///< sealed by another key: nothing can be sent
  HookContentType content_type = HookContentType::form;
  Secret secret;
  bool has_unreadable_secret = false;  ///< sealed by another key: nothing can be signed
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

/// Answers and events show this text instead of credentials.
inline constexpr std::string_view masked_credentials = "********";

/// A URL and the credentials that were removed from it: `https://user:password@host/`.
struct HookUrl {
  std::string url;
  std::string credentials;  ///< empty: none
};
HookUrl split_hook_url(std::string_view text);
/// The hook's URL as answers and events show it, with masked credentials.
std::string shown_url(const Hook& hook);

/// The configuration in a `POST` (replaces everything) or a `PATCH` of a hook.
struct HookConfig {
  std::string url;
  HookContentType content_type = HookContentType::form;
  std::optional<std::string> secret;
  bool insecure_ssl = false;
};

/// The changes of a `PATCH …/config`; absent fields stay unchanged.
struct HookConfigChanges {
  std::optional<std::string> url;
  std::optional<HookContentType> content_type;
  std::optional<std::string> secret;  ///< an empty secret removes it
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

/// A new secret, and how long the previous one stays valid beside it.
struct SecretRotation {
  std::string secret;
  std::chrono::seconds former_valid_for = limits::former_secret_time;
};

/// Whether GitHub sends the event only to apps. A hook here gets it only if it names it: `*` does
/// not include it, so that a hook made for GitHub gets the same events here.
bool is_app_event(std::string_view event);
/// Whether the hook subscribes to events of that kind.
bool wants_event(const Hook& hook, std::string_view event);

/// Accepts known event names and `*`; an organization's hook may name more. App-only events are
/// refused with GitHub's text.
Result<void> check_hook_events(const std::vector<std::string>& events, const HookTarget& target);

/// Applies `input` to `hook` and checks the result. `config` replaces the whole configuration; a
/// secret that is not sent again is dropped. A URL that is sent with masked credentials keeps its
/// credentials. Refused are masked credentials with another URL, and switching off the certificate
/// check while credentials are kept that were not sent.
Result<void> apply_hook_input(Hook& hook, const HookInput& input);

/// Applies single keys. A new URL drops the secret unless one is sent with it: a user who does not
/// know the secret must not be able to use it for another URL.
Result<void> apply_config_changes(Hook& hook, const HookConfigChanges& changes);

/// Makes the new secret the hook's, and keeps the previous one for the given time; with zero time
/// it ends at once. Only one previous secret is kept. Sending the present secret again changes
/// nothing, so that a repeated request does not lose the previous one.
Result<void> rotate_secret(Hook& hook, const SecretRotation& rotation, Timestamp now);

/// Checks GitHub's two rules about the hooks of one target. Refuses `hook` if it becomes a
/// duplicate of another hook, or if an event that it newly names has too many hooks. `hooks` are
/// all hooks of the target; one may be the old version of `hook`.
Result<void> check_other_hooks(const Hook& hook, const std::vector<Hook>& hooks);

/// Whether both hooks deliver the same events to the same URL. Credentials and secrets are not
/// compared: a refusal would tell somebody who guesses them that the guess is right.
bool is_duplicate(const Hook& a, const Hook& b);

/// The pause before the next attempt, after `attempt_count` attempts; nothing when the schedule is
/// used up. `jitter` in [0, 1) spreads the pause by ±10 %. Source: Standard Webhooks 1.0.0.
std::optional<std::chrono::microseconds> retry_pause(int attempt_count, double jitter);
inline constexpr int delivery_attempts_max = 10;

/// The health after one more failure at `now`. After five failures the breaker opens. The pause
/// before the next probe grows with the time of failing, from 30 s to 5 min; `scale` multiplies it.
HookHealth after_failure(const HookHealth& health, Timestamp now, double scale = 1.0);
/// Whether the hook has failed so long (five days) and so often (20 times) that it is disabled.
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
