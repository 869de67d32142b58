#include <doctest/doctest.h>

#include "core/hook.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

Hook some_hook() {
  Hook hook;
  hook.id = {1};
  hook.url = "https://example.org/hook";
  hook.secret = Secret("s3cret");
  hook.events = {"deployment"};
  return hook;
}

HookConfigChanges insecure_ssl(bool insecure, std::optional<std::string> url = {}) {
  HookConfigChanges changes;
  changes.url = std::move(url);
  changes.insecure_ssl = insecure;
  return changes;
}

}  // namespace

TEST_CASE("split_hook_url: the text before the last @ of the host is the credentials") {
  struct Row {
    const char* given;
    const char* url;
    const char* credentials;
  };
  const Row rows[] = {
      {"https://ada:secret@h.example/in?a=1", "https://h.example/in?a=1", "ada:secret"},
      {"https://token@h.example:8443", "https://h.example:8443", "token"},
      {"https://a:b@c@[::1]/", "https://[::1]/", "a:b@c"},
      {"https://@h.example/", "https://h.example/", ""},
      {"https://h.example/ada:secret@x?y@z#@", "https://h.example/ada:secret@x?y@z#@", ""},
      {"https://h.example?a@b", "https://h.example?a@b", ""},
      {"nonsense@h", "nonsense@h", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);
    const HookUrl split = split_hook_url(row.given);
    CHECK(split.url == row.url);
    CHECK(split.credentials == row.credentials);
  }
}

TEST_CASE("credentials of a URL: stored apart, masked, and kept when the URL is sent as shown") {
  Hook hook = some_hook();
  HookConfigChanges change;
  change.url = "https://ada:secret@example.org/hook";
  change.secret = "signed";
  REQUIRE(apply_config_changes(hook, change));
  CHECK(hook.url == "https://example.org/hook");
  CHECK(hook.credentials.reveal() == "ada:secret");
  CHECK(shown_url(hook) == "https://********@example.org/hook");

  HookConfigChanges again;
  again.url = shown_url(hook);
  REQUIRE(apply_config_changes(hook, again));
  CHECK(hook.credentials.reveal() == "ada:secret");
  CHECK(hook.secret.reveal() == "signed");
  HookInput input;
  input.config = HookConfig{.url = shown_url(hook), .secret = "signed"};
  REQUIRE(apply_hook_input(hook, input));
  CHECK(hook.credentials.reveal() == "ada:secret");

  // A user who does not know them cannot send them to another URL.
  for (const char* elsewhere :
       {"https://********@elsewhere.example/hook", "https://********@example.org/other",
        "http://********@example.org/hook"}) {
    CAPTURE(elsewhere);
    again.url = elsewhere;
    Hook changed = hook;
    const auto refused = apply_config_changes(changed, again);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "masked_credentials");
  }
  again.url = "https://elsewhere.example/hook";
  REQUIRE(apply_config_changes(hook, again));
  CHECK(hook.credentials.empty());
  CHECK(hook.secret.empty());
  CHECK(shown_url(hook) == "https://elsewhere.example/hook");
  again.url = "https://********@elsewhere.example/hook";  // the hook has no credentials
  CHECK_FALSE(apply_config_changes(hook, again));
}

TEST_CASE(
    "credentials of a URL: if they cannot be unsealed, they are shown masked and can be replaced") {
  Hook hook = some_hook();
  hook.has_unreadable_credentials = true;
  CHECK(shown_url(hook) == "https://********@example.org/hook");
  HookConfigChanges change;
  change.url = shown_url(hook);
  REQUIRE(apply_config_changes(hook, change));
  CHECK(hook.has_unreadable_credentials);
  change.url = "https://new:pair@example.org/hook";
  REQUIRE(apply_config_changes(hook, change));
  CHECK_FALSE(hook.has_unreadable_credentials);
  CHECK(hook.credentials.reveal() == "new:pair");
}

TEST_CASE("credentials of a URL: the mask is recognised also as libraries rewrite it") {
  for (const char* mask : {"********", "********:", "%2A%2A%2A%2A%2A%2A%2A%2A", "%2a*******:"}) {
    CAPTURE(mask);
    Hook hook = some_hook();
    hook.credentials = Secret("ada:secret");
    HookConfigChanges again;
    again.url = "https://" + std::string(mask) + "@example.org/hook";
    REQUIRE(apply_config_changes(hook, again));
    CHECK(hook.credentials.reveal() == "ada:secret");
    again.url = "https://" + std::string(mask) + "@elsewhere.example/hook";
    const auto refused = apply_config_changes(hook, again);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "masked_credentials");
    Hook without = some_hook();
    again.url = "https://" + std::string(mask) + "@example.org/hook";
    CHECK_FALSE(apply_config_changes(without, again));
  }
  Hook hook = some_hook();
  HookConfigChanges other;
  other.url = "https://********:secret@example.org/hook";
  REQUIRE(apply_config_changes(hook, other));
  CHECK(hook.credentials.reveal() == "********:secret");
}

TEST_CASE("credentials of a URL: must be sent again to switch off the certificate check") {
  const std::string shown = "https://********@example.org/hook";
  const std::string whole = "https://ada:secret@example.org/hook";
  struct Row {
    const char* what;
    std::optional<std::string> url;
    bool refused;
  };
  const Row rows[] = {
      {"alone", std::nullopt, true},
      {"with the mask", shown, true},
      {"with the credentials", whole, false},
      {"without credentials from now on", "https://example.org/hook", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Hook hook = some_hook();
    hook.credentials = Secret("ada:secret");
    const auto changed = apply_config_changes(hook, insecure_ssl(true, row.url));
    CHECK(changed.has_value() != row.refused);
    CHECK(hook.insecure_ssl != row.refused);
    if (!changed) CHECK(changed.error().reason_code == "masked_credentials");
    if (!row.url) continue;
    Hook another = some_hook();
    another.credentials = Secret("ada:secret");
    HookInput input;
    input.config = HookConfig{.url = *row.url, .secret = "s", .insecure_ssl = true};
    CHECK(apply_hook_input(another, input).has_value() != row.refused);
  }
  Hook hook = some_hook();
  CHECK(apply_config_changes(hook, insecure_ssl(true)));  // the hook has no credentials
  hook.credentials = Secret("ada:secret");
  CHECK(apply_config_changes(hook, insecure_ssl(true)));  // it was switched off before
  CHECK(apply_config_changes(hook, insecure_ssl(false)));
  CHECK_FALSE(apply_config_changes(hook, insecure_ssl(true)));
}
