#pragma once
#include "core/deploy_key.h"

namespace esclusa::app {

/// The key as OpenSSH itself reads it. Runs `ssh-keygen`; `unavailable` if that cannot be done.
Result<core::PublicKey> examine_public_key(const core::PublicKeyLine& line);

}  // namespace esclusa::app
