#include "core/hook.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

/// The events that a repository hook may name on GitHub. All are accepted, so that published
/// configurations work; events that Esclusa never raises are never sent.
constexpr std::string_view repository_events[] = {"branch_protection_configuration",
                                                  "branch_protection_rule",
                                                  "check_run",
                                                  "check_suite",
                                                  "code_scanning_alert",
                                                  "commit_comment",
                                                  "create",
                                                  "custom_property_values",
                                                  "delete",
                                                  "dependabot_alert",
                                                  "deploy_key",
                                                  "deployment",
                                                  "deployment_status",
                                                  "discussion",
                                                  "discussion_comment",
                                                  "fork",
                                                  "gollum",
                                                  "issue_comment",
                                                  "issue_dependencies",
                                                  "issues",
                                                  "label",
                                                  "member",
                                                  "meta",
                                                  "milestone",
                                                  "package",
                                                  "page_build",
                                                  "ping",
                                                  "project",
                                                  "project_card",
                                                  "project_column",
                                                  "public",
                                                  "pull_request",
                                                  "pull_request_review",
                                                  "pull_request_review_comment",
                                                  "pull_request_review_thread",
                                                  "push",
                                                  "registry_package",
                                                  "release",
                                                  "repository",
                                                  "repository_advisory",
                                                  "repository_import",
                                                  "repository_ruleset",
                                                  "repository_vulnerability_alert",
                                                  "secret_scanning_alert",
                                                  "secret_scanning_alert_location",
                                                  "secret_scanning_scan",
                                                  "security_and_analysis",
                                                  "star",
                                                  "status",
                                                  "sub_issues",
                                                  "team_add",
                                                  "watch",
                                                  "workflow_job",
                                                  "workflow_run"};
/// The events that only an organization's hook may name.
constexpr std::string_view organization_events[] = {"custom_property",
                                                    "membership",
                                                    "org_block",
                                                    "organization",
                                                    "personal_access_token_request",
                                                    "projects_v2",
                                                    "projects_v2_item",
                                                    "projects_v2_status_update",
                                                    "team"};

bool is_organizations(const HookTarget& target) {
  return std::holds_alternative<AccountId>(target);
}

bool may_ask_for(const std::string& event, const HookTarget& target) {
  // Those of an app were checked when it was made.
  if (std::holds_alternative<AppId>(target)) return true;
  return event == "*" || is_app_event(event) || std::ranges::count(repository_events, event) > 0 ||
         (is_organizations(target) && std::ranges::count(organization_events, event) > 0);
}

std::unexpected<Error> hook_error(std::string field, std::string message, std::string reason) {
  return fail_validation({"Hook", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

void remove_all(std::vector<std::string>& from, const std::vector<std::string>& names) {
  std::erase_if(from, [&](const auto& name) { return std::ranges::count(names, name) > 0; });
}

/// Whether the credentials are the mask: as answers show it, or as libraries rewrite it, with an
/// empty password or percent-encoded.
bool are_masked(const std::string& credentials) {
  std::string text;
  if (!percent_decode(credentials, text)) return false;
  return text == masked_credentials || text == std::string(masked_credentials) + ":";
}

bool has_credentials(const Hook& hook) {
  return !hook.credentials.empty() || hook.has_unreadable_credentials;
}

/// A user who may change the hook but does not know its credentials must not be able to send them
/// to a receiver whose certificate is not checked.
Result<void> set_insecure_ssl(Hook& hook, bool insecure, bool keeps_credentials) {
  if (insecure && !hook.insecure_ssl && keeps_credentials) {
    return hook_error(
        "insecure_ssl",
        "The credentials in the url must be sent again to switch off the check of certificates",
        "masked_credentials");
  }
  hook.insecure_ssl = insecure;
  return {};
}

/// A user who may change the hook but does not know its credentials must not be able to send them
/// to another URL. True if the hook keeps credentials that were not sent.
Result<bool> set_url(Hook& hook, const std::string& text) {
  HookUrl given = split_hook_url(text);
  if (are_masked(given.credentials)) {
    if (has_credentials(hook) && given.url == hook.url) return true;
    return hook_error("url", "The credentials in the url must be sent again with another url",
                      "masked_credentials");
  }
  hook.url = std::move(given.url);
  hook.credentials = Secret(std::move(given.credentials));
  hook.has_unreadable_credentials = false;
  return false;
}

void set_secret(Hook& hook, const std::optional<std::string>& secret) {
  hook.secret = Secret(secret.value_or(""));
  hook.has_unreadable_secret = false;
  hook.former_secret.reset();
}

Result<void> check_secret(const Hook& hook) {
  if (hook.secret.reveal().size() <= limits::hook_secret_bytes) return {};
  return hook_error(
      "secret",
      "secret is too long (maximum is " + std::to_string(limits::hook_secret_bytes) + " bytes)",
      "too_long");
}

/// The events for which the limit of hooks must be checked: those that `hook` names, and for a `*`
/// hook also all that other hooks name.
std::vector<std::string> counted_events(const Hook& hook, const std::vector<Hook>& hooks) {
  std::vector<std::string> events = hook.events;
  if (!wants_event(hook, "*")) return events;
  for (const Hook& other : hooks) {
    events.insert(events.end(), other.events.begin(), other.events.end());
  }
  std::ranges::sort(events);
  events.erase(std::ranges::unique(events).begin(), events.end());
  return events;
}

}  // namespace

HookUrl split_hook_url(std::string_view text) {
  const size_t slashes = text.find("://");
  if (slashes == text.npos) return {std::string(text), ""};
  const size_t begin = slashes + 3;
  const std::string_view authority = text.substr(begin, text.find_first_of("/?#", begin) - begin);
  const size_t at = authority.rfind('@');
  if (at == authority.npos) return {std::string(text), ""};
  return {std::string(text.substr(0, begin)) + std::string(text.substr(begin + at + 1)),
          std::string(authority.substr(0, at))};
}

std::string shown_url(const Hook& hook) {
  if (!has_credentials(hook)) return hook.url;
  std::string shown = hook.url;
  return shown.insert(shown.find("://") + 3, std::string(masked_credentials) + "@");
}

bool is_app_event(std::string_view event) { return event == "deployment_review"; }

bool wants_event(const Hook& hook, std::string_view event) {
  return std::ranges::any_of(hook.events, [&](const auto& name) {
    return name == event || (name == "*" && !is_app_event(event));
  });
}

HookTarget target_of(const HookOwner& owner) {
  return std::visit([](const auto& it) -> HookTarget { return it.id; }, owner);
}

Result<void> check_hook_events(const std::vector<std::string>& events, const HookTarget& target) {
  std::vector<std::string> refused;
  for (const auto& event : events) {
    if (!may_ask_for(event, target)) refused.push_back(event);
  }
  if (!refused.empty()) {
    return hook_error("events",
                      "These events are not allowed for this hook: " + join(refused, ", "),
                      "hook_events_not_allowed");
  }
  return {};
}

Result<void> apply_hook_input(Hook& hook, const HookInput& input) {
  if (input.config) {
    const bool keeps_credentials = TRY(set_url(hook, input.config->url));
    hook.content_type = input.config->content_type;
    TRY(set_insecure_ssl(hook, input.config->insecure_ssl, keeps_credentials));
    set_secret(hook, input.config->secret);
  }
  TRY(check_secret(hook));
  if (input.events) hook.events = *input.events;
  remove_all(hook.events, input.remove_events);
  hook.events.insert(hook.events.end(), input.add_events.begin(), input.add_events.end());
  std::ranges::sort(hook.events);
  hook.events.erase(std::ranges::unique(hook.events).begin(), hook.events.end());
  if (std::ranges::count(hook.events, "*") > 0) {
    std::erase_if(hook.events, [](const auto& name) { return name != "*" && !is_app_event(name); });
  }
  if (hook.events.empty()) {
    return hook_error("events", "A hook needs at least one event", "hook_without_events");
  }
  TRY(check_hook_events(hook.events, hook.target));
  if (input.active) hook.active = *input.active;
  if (input.retry) hook.retry = *input.retry;
  if (input.when_superseded) hook.when_superseded = *input.when_superseded;
  return {};
}

Result<void> apply_config_changes(Hook& hook, const HookConfigChanges& changes) {
  const std::string former_url = hook.url;
  bool keeps_credentials = has_credentials(hook);
  if (changes.url) keeps_credentials = TRY(set_url(hook, *changes.url));
  if (changes.secret || hook.url != former_url) set_secret(hook, changes.secret);
  if (changes.content_type) hook.content_type = *changes.content_type;
  if (changes.insecure_ssl) {
    TRY(set_insecure_ssl(hook, *changes.insecure_ssl, keeps_credentials));
  }
  return check_secret(hook);
}

Result<void> rotate_secret(Hook& hook, const SecretRotation& rotation, Timestamp now) {
  using namespace std::chrono_literals;
  if (rotation.secret.empty()) {
    return fail_validation({"Hook", "secret", "missing_field", ""}, "missing_field");
  }
  if (rotation.former_valid_for < 0s ||
      rotation.former_valid_for > limits::former_secret_time_max) {
    constexpr std::chrono::seconds most = limits::former_secret_time_max;
    return hook_error(
        "former_valid_for",
        "former_valid_for must be between 0 and " + std::to_string(most.count()) + " seconds",
        "invalid_former_valid_for");
  }
  if (hook.secret.reveal() == rotation.secret) return {};
  const Secret former = hook.secret;
  set_secret(hook, rotation.secret);
  if (!former.empty() && rotation.former_valid_for > 0s) {
    hook.former_secret = FormerSecret{former, now + rotation.former_valid_for};
  }
  return check_secret(hook);
}

Result<void> check_other_hooks(const Hook& hook, const std::vector<Hook>& hooks) {
  auto is_other = [&](const Hook& one) { return one.id != hook.id; };
  const auto old_self = std::ranges::find(hooks, hook.id, &Hook::id);
  for (const Hook& other : hooks) {
    const bool was_one = old_self != hooks.end() && is_duplicate(other, *old_self);
    if (is_other(other) && !was_one && is_duplicate(other, hook)) {
      return hook_error("",
                        is_organizations(hook.target) ? "Hook already exists on this organization"
                                                      : "Hook already exists on this repository",
                        "hook_exists");
    }
  }
  for (const std::string& event : counted_events(hook, hooks)) {
    if (old_self != hooks.end() && wants_event(*old_self, event)) continue;
    auto count = std::ranges::count_if(
        hooks, [&](const Hook& other) { return is_other(other) && wants_event(other, event); });
    if (static_cast<size_t>(count) >= limits::hooks_per_event) {
      return hook_error("",
                        "The \"" + event + "\" event cannot have more than " +
                            std::to_string(limits::hooks_per_event) + " hooks",
                        "too_many_hooks");
    }
  }
  return {};
}

bool is_duplicate(const Hook& a, const Hook& b) {
  bool same_place =
      a.url == b.url && a.content_type == b.content_type && a.insecure_ssl == b.insecure_ssl;
  auto wants_some = [](const Hook& hook) {
    return std::ranges::any_of(hook.events, [](const auto& event) { return !is_app_event(event); });
  };
  return same_place && std::ranges::any_of(a.events, [&](const auto& event) {
           return event == "*" ? wants_some(b) : wants_event(b, event);
         });
}

std::optional<std::chrono::microseconds> retry_pause(int attempt_count, double jitter) {
  using namespace std::chrono_literals;
  constexpr std::chrono::seconds pauses[] = {0s, 5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
  static_assert(std::size(pauses) == delivery_attempts_max);
  if (attempt_count >= delivery_attempts_max) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(pauses[attempt_count] *
                                                               (0.9 + 0.2 * jitter));
}

HookHealth after_failure(const HookHealth& health, Timestamp now, double scale) {
  using namespace std::chrono_literals;
  constexpr int breaker_failures = 5;
  HookHealth after = health;
  ++after.failure_count;
  if (!after.failing_since) after.failing_since = now;
  if (after.failure_count < breaker_failures) return after;
  const std::chrono::microseconds failing = now - *after.failing_since;
  const auto pause = std::clamp<std::chrono::microseconds>(failing / 10, 30s, 5min);
  after.probe_at = now + std::chrono::duration_cast<std::chrono::microseconds>(pause * scale);
  return after;
}

bool is_given_up(const HookHealth& health, Timestamp now) {
  // A clock that jumps ahead or a machine that slept must not turn two failures into five days of
  // failing.
  constexpr int failures = 20;
  return health.failure_count >= failures && health.failing_since &&
         now - *health.failing_since >= std::chrono::days(5);
}

}  // namespace esclusa::core
