#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/repository.h"

/// Functions that registering and changing a repository share.
namespace esclusa::app {

std::unexpected<Error> repository_exists(const std::string& owner, const std::string& name);

/// `not_writable` if the repository is to merge but is read-only.
Result<void> check_merge_policy(const core::Repository& repository);

/// Examines the folder and stores in `repository` what follows from it. Returns what was found, as
/// sentences for people. Errors are those of git::inspect.
Result<std::vector<std::string>> look_at_folder(core::Repository& repository,
                                                const std::filesystem::path& path);

/// Sets the default branch to the branch of HEAD; in a bare repository it follows HEAD from then
/// on. `repository_refused` if HEAD points to no branch.
Result<void> take_head(core::Repository& repository);

}  // namespace esclusa::app
