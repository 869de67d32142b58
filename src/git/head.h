#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "git/folder.h"

/// HEAD of a registered repository, and whether the repository is bare. Nothing here follows
/// symbolic links in the repository, or waits for one that hangs.
namespace esclusa::git {

/// The short name of the branch that HEAD points to, which need not have a commit; nothing if HEAD
/// is missing, detached, or points to no branch. `unavailable` if it cannot be read.
Result<std::optional<std::string>> read_head_branch(const std::filesystem::path& git_directory);

/// Lets HEAD point to the branch (a short name), under git's own lock; it is on the disk
/// afterwards. Nothing is done while somebody else holds the lock. `unavailable` if it cannot be
/// written.
Result<void> point_head(const Folder& repository, const std::string& branch);

/// What git takes a repository for whose configuration has that value of `core.bare`: where there
/// is none, a folder named `.git` has a work tree, and any other is bare.
bool is_bare(const std::optional<std::string>& core_bare,
             const std::filesystem::path& git_directory);

/// The same of the repository's own configuration. Included files are not looked at. `unavailable`
/// if the configuration cannot be read.
Result<bool> read_is_bare(const Folder& repository, const std::filesystem::path& git_directory);
Result<bool> read_is_bare(const std::filesystem::path& git_directory);

}  // namespace esclusa::git
