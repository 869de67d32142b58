#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/repository.h"

/// What registering a repository and changing it share.
namespace esclusa::app {

std::unexpected<Error> repository_exists(const std::string& owner, const std::string& name);

/// `not_writable` if it is to merge and must not write.
Result<void> check_merge_policy(const core::Repository& repository);

/// Looks at the folder as it is declared, and writes down what follows from it; gives what was
/// found, in sentences for people. Errors are those of git::inspect.
Result<std::vector<std::string>> look_at_folder(core::Repository& repository,
                                                const std::filesystem::path& path);

/// Takes HEAD's branch for the default branch, which from now on follows it in a bare repository.
/// `repository_refused` if HEAD points to no branch.
Result<void> take_head(core::Repository& repository);

}  // namespace esclusa::app
