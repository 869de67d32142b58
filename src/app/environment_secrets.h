#pragma once
#include <string>

#include "app/access.h"
#include "app/context.h"
#include "core/environment_secret.h"
#include "core/page.h"

/// Secrets and variables of an environment. The caller has judged the access. `open_…` alone shows
/// values of secrets; who calls it must have judged that.
namespace esclusa::app {

Result<core::Listing<core::EnvironmentSecret>> list_environment_secrets(
    Reader& db, const RepositoryAccess& access, const std::string& environment,
    const core::Page& page);
Result<core::EnvironmentSecret> get_environment_secret(Reader& db, const RepositoryAccess& access,
                                                       const std::string& environment,
                                                       const std::string& name);
/// Makes the key pair if the environment has none yet.
Result<core::EnvironmentPublicKey> get_environment_public_key(const Context& context,
                                                              const RepositoryAccess& access,
                                                              const std::string& environment);
enum class PutSecret { created, replaced };
Result<PutSecret> put_environment_secret(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment, const std::string& name,
                                         const core::SealedSecret& input);
Result<void> delete_environment_secret(const Context& context, const RepositoryAccess& access,
                                       const std::string& environment, const std::string& name);

Result<core::Listing<core::EnvironmentVariable>> list_environment_variables(
    Reader& db, const RepositoryAccess& access, const std::string& environment,
    const core::Page& page);
Result<core::EnvironmentVariable> get_environment_variable(Reader& db,
                                                           const RepositoryAccess& access,
                                                           const std::string& environment,
                                                           const std::string& name);
Result<void> create_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment,
                                         const core::VariableInput& input);
/// Absent members stay as they are.
Result<void> update_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment, const std::string& name,
                                         const core::VariableInput& input);
Result<void> delete_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment, const std::string& name);

/// The plaintexts of what is asked for, by name: for the holder of a claim. Nothing if the
/// environment was deleted. `secret_not_found` and `variable_not_found` name what is not there.
Result<core::OpenedSecrets> open_environment_secrets(Reader& db, const Sealer& sealer,
                                                     EnvironmentNameId environment,
                                                     const core::SecretNames& names);

}  // namespace esclusa::app
