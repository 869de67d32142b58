#pragma once
#include <optional>

#include "base/error.h"
#include "base/time.h"
#include "core/deploy_key.h"
#include "core/repository.h"
#include "core/ssh_door.h"

/// What a deploy key opens over SSH. Only the server judges it.
namespace esclusa::core {

/// Whether the key still gives access. The message of `forbidden` contains no other user's data.
Result<void> check_key_opens(const std::optional<DeployKey>& key, Timestamp now);

/// Whether the key gives this access to this repository. `repository` is the one that the client
/// named.
Result<void> check_ssh_session(const DeployKey& key, const std::optional<Repository>& repository,
                               const SshRequest& request);

}  // namespace esclusa::core
