#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "git/folder.h"

/// HEAD of a registered repository, and whether the repository is bare. These functions follow no
/// symbolic links in the repository and never block on an entry.
namespace esclusa::git {

/// The short name of the branch that HEAD points to; the branch may have no commit yet. Nothing if
/// HEAD is missing, detached, or does not point to a branch. `unavailable` if it cannot be read.
Result<std::optional<std::string>> read_head_branch(const std::filesystem::path& git_directory);

/// Points HEAD to the branch (a short name), under git's own lock; it is on the disk afterwards.
/// Does nothing if another process holds the lock. `unavailable` if HEAD cannot be written.
Result<void> point_head(const Folder& repository, const std::string& branch);

/// Whether git treats the repository as bare when its configuration has this value of `core.bare`.
/// Without a value, a folder named `.git` has a work tree, and any other folder is bare.
bool is_bare(const std::optional<std::string>& core_bare,
             const std::filesystem::path& git_directory);

/// The same, with the value from the repository's own configuration. Included files are not read.
/// `unavailable` if the configuration cannot be read.
Result<bool> read_is_bare(const Folder& repository, const std::filesystem::path& git_directory);
Result<bool> read_is_bare(const std::filesystem::path& git_directory);

}  // namespace esclusa::git
