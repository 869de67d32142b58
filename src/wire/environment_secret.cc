#include "wire/environment_secret.h"

#include "wire/json_body.h"

namespace esclusa::wire {

Result<core::SealedSecret> parse_sealed_secret(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  const std::string value = TRY(body.required_string("encrypted_value"));
  core::SealedSecret sealed;
  sealed.key_id = TRY(body.required_string("key_id"));
  auto box = base64_decode(value);
  if (!box || box->empty()) {
    return fail_request("\"encrypted_value\" is not base64 of a sealed box.");
  }
  sealed.box = *std::move(box);
  return sealed;
}

Result<core::VariableInput> parse_new_variable(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::VariableInput input;
  input.name = TRY(body.required_string("name"));
  input.value = TRY(body.required_string("value"));
  return input;
}

Result<core::VariableInput> parse_variable_change(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::VariableInput input;
  input.name = TRY(body.optional_string("name"));
  input.value = TRY(body.optional_string("value"));
  return input;
}

Result<core::SecretNames> parse_secret_names(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::SecretNames names;
  names.secrets = TRY(body.optional_strings("secrets"));
  names.variables = TRY(body.optional_strings("variables"));
  return names;
}

void write_environment_secret(JsonWriter& json, const core::EnvironmentSecret& secret) {
  json.begin_object()
      .member("name", secret.name)
      .member("created_at", secret.created_at)
      .member("updated_at", secret.updated_at)
      .end_object();
}

void write_environment_variable(JsonWriter& json, const core::EnvironmentVariable& variable) {
  json.begin_object()
      .member("name", variable.name)
      .member("value", variable.value)
      .member("created_at", variable.created_at)
      .member("updated_at", variable.updated_at)
      .end_object();
}

void write_public_key(JsonWriter& json, const core::EnvironmentPublicKey& key) {
  json.begin_object()
      .member("key_id", std::to_string(key.id))
      .member("key", base64(key.key))
      .end_object();
}

void write_opened_secrets(JsonWriter& json, const core::OpenedSecrets& opened) {
  json.begin_object().key("secrets").begin_object();
  for (const core::OpenedSecret& secret : opened.secrets) {
    json.member(secret.name, secret.value.reveal());
  }
  json.end_object().key("variables").begin_object();
  for (const core::EnvironmentVariable& variable : opened.variables) {
    json.member(variable.name, variable.value);
  }
  json.end_object().end_object();
}

}  // namespace esclusa::wire
