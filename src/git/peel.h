#pragma once
#include <optional>
#include <string>

#include "base/error.h"
#include "git/library.h"

namespace esclusa::git {

/// The commit that an object leads to: itself, or the target of a tag, through at most
/// limits::git_tag_depth tags. Nothing if the result is not a commit.
Result<std::optional<std::string>> peel_to_commit(git_repository* repository,
                                                  const std::string& sha);

}  // namespace esclusa::git
