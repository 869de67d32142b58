#pragma once
#include <filesystem>
#include <string>

#include "git/repository.h"

namespace esclusa::git {

/// Removes the lock that a move of `ref` (a full name) to the commit `to` has left when it was
/// killed: it would keep everybody off the ref, for ever. True if there was one. Any other lock
/// stays: an empty one, too, may be that of a living process.
bool remove_left_lock(const Repository& repository, const std::string& ref, const std::string& to);

/// Whether a git that `esclusa ssh serve` has started for a push is at work on the repository. Each
/// holds a shared flock on the repository's folder, which it inherits: the lock tells of it also to
/// a server that was started later.
bool is_in_session(const std::filesystem::path& git_directory);

}  // namespace esclusa::git
