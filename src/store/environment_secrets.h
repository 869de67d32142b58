#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "core/environment.h"
#include "core/environment_secret.h"
#include "core/page.h"
#include "sql/connection.h"

/// Secrets and variables of an environment, by name. Names are folded (core::fold_secret_name).
/// Secrets are sealed before they are stored; what lists and finds them reads no value.
namespace esclusa::store {

/// What sealed texts are bound to.
std::string environment_secret_context(RepositoryId repository, EnvironmentId environment,
                                       std::string_view name);
std::string environment_key_context(EnvironmentId environment, std::string_view public_key_base64);

core::Listing<core::EnvironmentSecret> list_environment_secrets(sql::Reader& db,
                                                                EnvironmentId environment,
                                                                const core::Page& page);
std::optional<core::EnvironmentSecret> find_environment_secret(sql::Reader& db,
                                                               EnvironmentId environment,
                                                               std::string_view name);
int64_t count_environment_secrets(sql::Reader& db, EnvironmentId environment);
/// Creates the secret, or replaces its value.
void put_environment_secret(sql::Writer& tx, const Sealer& sealer,
                            const core::Environment& environment, std::string_view name,
                            const Secret& value, Timestamp now);
/// False if there is none.
bool delete_environment_secret(sql::Writer& tx, EnvironmentId environment, std::string_view name);

/// A secret with its value; nothing in `value` if its text does not open.
struct StoredSecret {
  std::string name;
  std::optional<Secret> value;
};
/// All secrets with their values: for who may see them alone.
std::vector<StoredSecret> open_environment_secrets(sql::Reader& db, const Sealer& sealer,
                                                   const core::Environment& environment);

core::Listing<core::EnvironmentVariable> list_environment_variables(sql::Reader& db,
                                                                    EnvironmentId environment,
                                                                    const core::Page& page);
std::vector<core::EnvironmentVariable> list_environment_variables(sql::Reader& db,
                                                                  EnvironmentId environment);
std::optional<core::EnvironmentVariable> find_environment_variable(sql::Reader& db,
                                                                   EnvironmentId environment,
                                                                   std::string_view name);
int64_t count_environment_variables(sql::Reader& db, EnvironmentId environment);
/// False if the environment has a variable of that name.
bool insert_environment_variable(sql::Writer& tx, EnvironmentId environment,
                                 const core::EnvironmentVariable& variable);
/// Writes the variable that has this name now; false if the new name is another variable's.
bool update_environment_variable(sql::Writer& tx, EnvironmentId environment, std::string_view name,
                                 const core::EnvironmentVariable& variable);
bool delete_environment_variable(sql::Writer& tx, EnvironmentId environment, std::string_view name);

/// The key pair for which clients seal now; nothing if none was made yet.
std::optional<core::EnvironmentPublicKey> find_environment_key(sql::Reader& db,
                                                               EnvironmentId environment);
/// Makes the key pair, and deletes those that were retired before `retired_until`.
core::EnvironmentPublicKey insert_environment_key(sql::Writer& tx, const Sealer& sealer,
                                                  EnvironmentId environment, Timestamp now,
                                                  Timestamp retired_until);
/// A key pair of the environment. Both halves are missing if there is none of that id that is in
/// use, or was until `retired_until` or later; the secret half if its text does not open.
struct StoredKey {
  bool is_found = false;
  std::optional<BoxKeys> keys;
};
StoredKey open_environment_key(sql::Reader& db, const Sealer& sealer, EnvironmentId environment,
                               int64_t id, Timestamp retired_until);
/// Retires all key pairs: each environment gets a new one when it is asked for its key.
void retire_environment_keys(sql::Writer& tx, Timestamp now, Timestamp retired_until);

/// Deletes all secrets, variables and key pairs.
void delete_environment_secrets(sql::Writer& tx, EnvironmentId environment);
void delete_environment_secrets(sql::Writer& tx, RepositoryId repository);

}  // namespace esclusa::store
