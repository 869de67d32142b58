#pragma once
#include <string>

#include "core/push.h"
#include "git/repository.h"

namespace esclusa::git {

/// What a branch gets that moves from one commit to another; both are full SHAs of commits. Of very
/// many commits the latest limits::push_commits, and no more than limits::push_total_bytes of them;
/// each with its first limits::push_files files.
Result<core::Push> read_push(const Repository& repository, const std::string& branch,
                             const std::string& before_sha, const std::string& after_sha);

}  // namespace esclusa::git
