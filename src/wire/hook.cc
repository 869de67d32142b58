#include "wire/hook.h"

#include <algorithm>
#include "wire/json_body.h"

#include "wire/enums.h"

namespace esclusa::wire {
namespace {

std::unexpected<Error> config_error(std::string message) {
  return fail_validation({"Hook", "config", "custom", std::move(message)}, "invalid_hook_config");
}

/// A string, number or boolean as text: clients send `insecure_ssl` as "0", 0 or false.
Result<std::optional<std::string>> loose_text(const Json& config, std::string_view name) {
  auto value = config.find(name);
  if (!value || value->is_null()) return std::nullopt;
  if (auto text = value->string()) return *text;
  if (auto number = value->integer()) return std::to_string(*number);
  if (auto flag = value->boolean()) return *flag ? "1" : "0";
  return wrong_type("config/" + std::string(name), *value, "a string");
}

Result<core::HookConfigChanges> parse_config_members(const Json& config) {
  constexpr std::string_view known[] = {"url", "content_type", "secret", "insecure_ssl"};
  for (const auto& [name, value] : config.members()) {
    if (std::ranges::count(known, name) == 0) {
      return config_error("Invalid config attribute: " + name);
    }
  }
  core::HookConfigChanges parsed;
  parsed.url = TRY(loose_text(config, "url"));
  if (parsed.url && parsed.url->empty()) {
    return fail_validation({"Hook", "url", "missing_field", ""}, "missing_field");
  }
  if (auto type = TRY(loose_text(config, "content_type"))) {
    parsed.content_type = core::from_name<core::HookContentType>(*type);
    if (!parsed.content_type) return config_error("content_type must be json or form");
  }
  if (auto insecure = TRY(loose_text(config, "insecure_ssl"))) {
    if (*insecure != "0" && *insecure != "1") return config_error("insecure_ssl must be 0 or 1");
    parsed.insecure_ssl = *insecure == "1";
  }
  parsed.secret = TRY(loose_text(config, "secret"));
  return parsed;
}

Result<core::HookConfig> parse_config(const Json& config) {
  if (!config.is_object()) return wrong_type("config", config, "an object");
  const core::HookConfigChanges members = TRY(parse_config_members(config));
  if (!members.url) return fail_validation({"Hook", "url", "missing_field", ""}, "missing_field");
  core::HookConfig parsed;
  parsed.url = *members.url;
  if (members.content_type) parsed.content_type = *members.content_type;
  if (members.secret && !members.secret->empty()) parsed.secret = members.secret;
  parsed.insecure_ssl = members.insecure_ssl.value_or(false);
  return parsed;
}

Result<core::HookInput> parse_common(const JsonBody& body) {
  core::HookInput input;
  if (auto config = body.find("config"); config && !config->is_null()) {
    input.config = TRY(parse_config(*config));
  }
  input.events = TRY(body.optional_strings("events"));
  input.active = TRY(body.optional_boolean("active"));
  input.retry = TRY(optional_enum<core::HookRetry>(body, "retry"));
  input.when_superseded = TRY(optional_enum<core::WhenSuperseded>(body, "when_superseded"));
  return input;
}

}  // namespace

Result<core::HookInput> parse_new_hook(std::string_view text) {
  JsonBody body = TRY(JsonBody::parse(text));
  const std::string name = TRY(body.string_or("name", "web"));
  if (name != "web") {
    return fail_validation({"Hook", "name", "custom", "name must be 'web'"}, "invalid_hook_name");
  }
  core::HookInput input = TRY(parse_common(body));
  if (!input.config) {
    return fail_validation({"Hook", "config", "missing_field", ""}, "missing_field");
  }
  if (!input.events || input.events->empty()) input.events = {{"push"}};
  return input;
}

Result<core::HookInput> parse_hook_changes(std::string_view text) {
  JsonBody body = TRY(JsonBody::parse(text));
  core::HookInput input = TRY(parse_common(body));
  input.add_events = TRY(body.optional_strings("add_events")).value_or(std::vector<std::string>{});
  input.remove_events =
      TRY(body.optional_strings("remove_events")).value_or(std::vector<std::string>{});
  return input;
}

Result<core::HookConfigChanges> parse_hook_config_changes(std::string_view text) {
  return parse_config_members(TRY(JsonBody::parse(text)).json());
}

Result<core::SecretRotation> parse_secret_rotation(std::string_view text) {
  JsonBody body = TRY(JsonBody::parse(text));
  core::SecretRotation rotation;
  rotation.secret = TRY(body.string_or("secret", ""));
  if (auto seconds = body.find("former_valid_for"); seconds && !seconds->is_null()) {
    const auto number = seconds->integer();
    if (!number) return wrong_type("former_valid_for", *seconds, "an integer");
    rotation.former_valid_for = std::chrono::seconds(*number);
  }
  return rotation;
}

void write_hook_config(JsonWriter& json, const core::Hook& hook) {
  json.begin_object()
      .member("content_type", core::to_name(hook.content_type))
      .member("insecure_ssl", hook.insecure_ssl ? "1" : "0");
  if (!hook.secret.empty() || hook.has_unreadable_secret) json.member("secret", "********");
  json.member("url", core::shown_url(hook)).end_object();
}

namespace {

/// The members that every form of a hook has. The caller closes the object.
void begin_hook(JsonWriter& json, const core::Hook& hook) {
  constexpr std::string_view types[] = {"Repository", "Organization", "App"};
  json.begin_object()
      .member("type", types[hook.target.index()])
      .member("id", hook.id.value)
      .member("name", "web")
      .member("active", hook.active);
  json.key("events").begin_array();
  for (const auto& event : hook.events) json.value(event);
  json.end_array();
  if (auto* app = std::get_if<AppId>(&hook.target)) json.member("app_id", app->value);
  write_hook_config(json.key("config"), hook);
  json.member("updated_at", hook.updated_at).member("created_at", hook.created_at);
}

void write_links(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                 const Urls& urls) {
  if (std::holds_alternative<core::App>(owner)) {
    json.member("deliveries_url", urls.api + "/app/hook/deliveries");
    return;
  }
  const std::string url = urls.hook(owner, hook.id);
  json.member("url", url);
  if (std::holds_alternative<core::Repository>(owner)) json.member("test_url", url + "/test");
  json.member("ping_url", url + "/pings").member("deliveries_url", url + "/deliveries");
}

void write_last_response(JsonWriter& json, const core::HookLastResponse& response) {
  json.key("last_response")
      .begin_object()
      .member("code", response.code)
      .member("status", response.status)
      .member("message", response.message)
      .end_object();
}

/// The hook's last response. While its creator is blocked it is `suspended`, because nothing is
/// sent.
core::HookLastResponse last_response(const core::Hook& hook) {
  if (!hook.creator.blocked) return hook.last_response;
  return {.code = std::nullopt,
          .status = "suspended",
          .message = hook.creator.login +
                     ", who made this hook, is blocked; `esclusa hook adopt` gives it a new owner"};
}

}  // namespace

void write_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                const Urls& urls) {
  begin_hook(json, hook);
  write_links(json, hook, owner, urls);
  write_last_response(json, last_response(hook));
  json.member("retry", core::to_name(hook.retry))
      .member("when_superseded", core::to_name(hook.when_superseded))
      .member("creator", hook.creator.login);
  json.key("former_secret_until");
  hook.former_secret ? json.value(hook.former_secret->until) : json.value(nullptr);
  json.end_object();
}

void write_pinged_hook(JsonWriter& json, const core::Hook& hook, const core::HookOwner& owner,
                       const Urls& urls) {
  begin_hook(json, hook);
  write_links(json, hook, owner, urls);
  write_last_response(json, {});
  json.end_object();
}

void write_deleted_hook(JsonWriter& json, const core::Hook& hook) {
  begin_hook(json, hook);
  json.end_object();
}

}  // namespace esclusa::wire
