#pragma once
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"
#include "core/environment_secret.h"

namespace esclusa::wire {

/// `{"encrypted_value", "key_id"}`, both required; `encrypted_value` is standard base64.
Result<core::SealedSecret> parse_sealed_secret(std::string_view text);
/// `{"name", "value"}`, both required.
Result<core::VariableInput> parse_new_variable(std::string_view text);
/// The same, both optional.
Result<core::VariableInput> parse_variable_change(std::string_view text);

/// `{"secrets": ["DB_URL"], "variables": null}`: null or absent is all of them. The body may be
/// empty.
Result<core::SecretNames> parse_secret_names(std::string_view text);

void write_environment_secret(JsonWriter& json, const core::EnvironmentSecret& secret);
void write_environment_variable(JsonWriter& json, const core::EnvironmentVariable& variable);
void write_public_key(JsonWriter& json, const core::EnvironmentPublicKey& key);
/// `{"secrets": {"DB_URL": "…"}, "variables": {"REGION": "eu"}}`, with the values.
void write_opened_secrets(JsonWriter& json, const core::OpenedSecrets& opened);

}  // namespace esclusa::wire
