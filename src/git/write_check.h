#pragma once
#include "git/place.h"

namespace esclusa::git {

/// Tries the folders in which Esclusa makes files, as far as they are there.
/// `repository_not_writable` names the folder, its owner, the server's user, and a command.
Result<void> check_writable(const Place& repository);

}  // namespace esclusa::git
