#pragma once
#include "app/access.h"
#include "core/deploy_key.h"
#include "core/page.h"

/// Deploy keys. The caller has judged the access.
namespace esclusa::app {

/// Has OpenSSH check the key, and stores it unless any repository already uses it.
Result<core::DeployKey> create_deploy_key(const Context& context, const RepositoryAccess& access,
                                          const core::NewDeployKey& input);
Result<core::DeployKey> get_deploy_key(Reader& db, const RepositoryAccess& access, DeployKeyId id);
/// Oldest first.
Result<core::Listing<core::DeployKey>> list_deploy_keys(Reader& db, const RepositoryAccess& access,
                                                        const core::Page& page);
Result<void> delete_deploy_key(const Context& context, const RepositoryAccess& access,
                               DeployKeyId id);

}  // namespace esclusa::app
