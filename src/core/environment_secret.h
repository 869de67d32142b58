#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "base/time.h"

/// Secrets and variables of an environment. Their names have no regard to case: they are folded to
/// capitals.
namespace esclusa::core {

/// A secret as answers show it: never its value.
struct EnvironmentSecret {
  std::string name;
  Timestamp created_at{};
  Timestamp updated_at{};
};

struct EnvironmentVariable {
  std::string name;
  std::string value;
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// The body of `PUT …/secrets/{name}`.
struct SealedSecret {
  std::string box;  ///< sealed for the environment's public key; decoded
  std::string key_id;
};

/// The body of `POST …/variables`, or with absent members of `PATCH …/variables/{name}`.
struct VariableInput {
  std::optional<std::string> name;
  std::optional<std::string> value;
};

/// The public half of an environment's key pair.
struct EnvironmentPublicKey {
  int64_t id = 0;
  std::string key;  ///< 32 bytes
};

/// Which secrets and variables are asked for; no value: all.
struct SecretNames {
  std::optional<std::vector<std::string>> secrets = {};
  std::optional<std::vector<std::string>> variables = {};
};

/// A secret with its plaintext.
struct OpenedSecret {
  std::string name;
  Secret value;
};
struct OpenedSecrets {
  std::vector<OpenedSecret> secrets;
  std::vector<EnvironmentVariable> variables;
};

enum class SecretKind { secret, variable };

/// The name in capitals, as it is stored and shown.
std::string fold_secret_name(std::string_view name);
/// GitHub's rules: letters, digits and `_`, no digit first, not `GITHUB_…`. Returns the folded
/// name, or `invalid`.
Result<std::string> check_secret_name(SecretKind kind, std::string_view name);
/// A value that a command can get in its environment: UTF-8 without NUL, up to GitHub's 48 KB.
Result<void> check_secret_value(SecretKind kind, std::string_view value);
/// The refusal of one secret or variable more than an environment can have.
std::unexpected<Error> too_many_secrets(SecretKind kind);

}  // namespace esclusa::core
