#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/new_commit.h"
#include "git/repository.h"

namespace esclusa::git {

/// The commits that are reachable from `head` and not from `base`, unordered; both are full SHAs.
/// Nothing if there is no such commit as one of the two. `invalid`, `history_too_long`, if more
/// than `walked_max` commits lie on the way.
Result<std::optional<std::vector<core::NewCommit>>> list_new_commits(const Repository& repository,
                                                                     const std::string& base,
                                                                     const std::string& head,
                                                                     size_t walked_max);

}  // namespace esclusa::git
