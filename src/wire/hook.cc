#include "wire/hook.h"

namespace esclusa::wire {
namespace {

std::unexpected<Error> config_error(std::string message) {
  return fail_validation({"Hook", "config", "custom", std::move(message)}, "invalid_hook_config");
}

/// A string or a number, as text: clients send `insecure_ssl` as "0", 0 or false.
Result<std::string> loose_text(const Json& config, std::string_view name, std::string fallback) {
  auto value = config.find(name);
  if (!value || value->is_null()) return fallback;
  if (auto text = value->string()) return *text;
  if (auto number = value->integer()) return std::to_string(*number);
  if (auto flag = value->boolean()) return *flag ? "1" : "0";
  return wrong_type("config/" + std::string(name), *value, "a string");
}

Result<core::HookConfig> parse_config(const Json& config) {
  if (!config.is_object()) return wrong_type("config", config, "an object");
  core::HookConfig parsed;
  parsed.url = TRY(loose_text(config, "url", ""));
  if (parsed.url.empty()) {
    return fail_validation({"Hook", "url", "missing_field", ""}, "missing_field");
  }
  auto type =
      core::from_name<core::HookContentType>(TRY(loose_text(config, "content_type", "form")));
  if (!type) return config_error("content_type must be json or form");
  parsed.content_type = *type;
  const std::string insecure = TRY(loose_text(config, "insecure_ssl", "0"));
  if (insecure != "0" && insecure != "1") return config_error("insecure_ssl must be 0 or 1");
  parsed.insecure_ssl = insecure == "1";
  const std::string secret = TRY(loose_text(config, "secret", ""));
  if (!secret.empty()) parsed.secret = secret;
  return parsed;
}

Result<core::HookInput> parse_common(const JsonBody& body) {
  core::HookInput input;
  if (auto config = body.find("config"); config && !config->is_null()) {
    input.config = TRY(parse_config(*config));
  }
  input.events = TRY(body.optional_strings("events"));
  input.active = TRY(body.optional_boolean("active"));
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

void write_hook(JsonWriter& json, const core::Hook& hook, const core::Repository& repository,
                const Urls& urls) {
  const std::string url = urls.hook(repository, hook.id);
  json.begin_object()
      .member("type", "Repository")
      .member("id", hook.id.value)
      .member("name", "web")
      .member("active", hook.active);
  json.key("events").begin_array();
  for (const auto& event : hook.events) json.value(event);
  json.end_array();
  json.key("config")
      .begin_object()
      .member("content_type", core::to_name(hook.content_type))
      .member("insecure_ssl", hook.insecure_ssl ? "1" : "0");
  if (!hook.secret.empty()) json.member("secret", "********");
  json.member("url", hook.url).end_object();
  json.member("updated_at", hook.updated_at)
      .member("created_at", hook.created_at)
      .member("url", url)
      .member("test_url", url + "/test")
      .member("ping_url", url + "/pings")
      .member("deliveries_url", url + "/deliveries");
  json.key("last_response")
      .begin_object()
      .member("code", hook.last_response.code)
      .member("status", hook.last_response.status)
      .member("message", hook.last_response.message)
      .end_object();
  json.end_object();
}

}  // namespace esclusa::wire
