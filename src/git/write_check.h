#pragma once
#include "git/place.h"

namespace esclusa::git {

/// Checks that Esclusa can make files in the existing folders in which it needs to.
/// `repository_not_writable` names the folder, its owner, the server's user, and a command that
/// helps.
Result<void> check_writable(const Place& repository);

}  // namespace esclusa::git
