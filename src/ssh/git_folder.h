#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "git/config.h"
#include "git/folder.h"

namespace esclusa::ssh {

/// Makes a GIT_DIR at `folder`, which must not exist. It has links to the refs and objects of the
/// repository at `path`, a copy of its HEAD, and a configuration of ours. So git never reads the
/// configuration of the repository that it serves. `unavailable` if HEAD cannot be read.
Result<void> make_git_folder(const std::filesystem::path& folder, const git::Folder& repository,
                             const std::string& path, const git::Configuration& configuration);

/// `-c NAME=VALUE` for the settings that are taken from a repository's own configuration: how git
/// packs and stores, what a push may do, and which refs are hidden. None of them names a file or a
/// program, or sets how much memory git may take.
std::vector<std::string> repository_settings(const git::Configuration& configuration);

}  // namespace esclusa::ssh
