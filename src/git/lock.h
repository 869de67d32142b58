#pragma once
#include <filesystem>
#include <string>

#include "git/repository.h"

namespace esclusa::git {

/// Removes the lock file that a killed move of `ref` (a full name) to the commit `to` has left: it
/// would block the ref for ever. True if there was such a lock. Any other lock stays, also an empty
/// one: a running process may hold it.
bool remove_left_lock(const Repository& repository, const std::string& ref, const std::string& to);

/// Whether a git process that `esclusa-ssh serve` started for a push is still working on the
/// repository. Each such process inherits a shared flock on the repository's folder, so that also a
/// server that started later sees it.
bool is_in_session(const std::filesystem::path& git_directory);

}  // namespace esclusa::git
