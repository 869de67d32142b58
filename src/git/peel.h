#pragma once
#include <optional>
#include <string>

#include "base/error.h"
#include "git/library.h"

namespace esclusa::git {

/// The commit that an object leads to: itself, or what a tag names, over limits::git_tag_depth tags
/// at most. Nothing if that is no commit.
Result<std::optional<std::string>> peel_to_commit(git_repository* repository,
                                                  const std::string& sha);

}  // namespace esclusa::git
