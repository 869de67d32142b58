#pragma once
#include "core/deploy_key.h"

namespace esclusa::app {

/// Parses the key with OpenSSH's `ssh-keygen`; `unavailable` if that cannot be run.
Result<core::PublicKey> examine_public_key(const core::PublicKeyLine& line);

}  // namespace esclusa::app
