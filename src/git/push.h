#pragma once
#include <string>

#include "core/push.h"
#include "core/ref_intent.h"
#include "git/repository.h"

namespace esclusa::git {

/// What a branch gets that a merge moves from one commit to another; both are full SHAs of commits,
/// and the tip alone is new to the repository. Of very many commits the latest
/// limits::push_commits, and no more than limits::push_total_bytes of them; each with its first
/// limits::push_files files.
Result<core::Push> read_push(const Repository& repository, const std::string& branch,
                             const std::string& before_sha, const std::string& after_sha);

/// What anybody's push made of a ref: a branch or another ref, made, moved or deleted. Bounded as
/// above.
Result<core::Push> read_ref_change(const Repository& repository, const core::RefChange& change);

/// What the repository says about a change that nobody reported.
Result<core::RefFacts> read_ref_facts(const Repository& repository, const core::RefChange& change);

}  // namespace esclusa::git
