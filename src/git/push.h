#pragma once
#include <string>

#include "core/push.h"
#include "core/ref_intent.h"
#include "git/repository.h"

namespace esclusa::git {

/// What a merge adds to a branch that moves from one commit to another; only the new tip is new to
/// the repository. Of many commits, the newest limits::push_commits with at most
/// limits::push_total_bytes; each with its first limits::push_files files.
Result<core::Push> read_merge(const Repository& repository, const core::RefChange& change);

/// What a push did to a branch or another ref: created, moved or deleted. Limited as above.
Result<core::Push> read_push(const Repository& repository, const core::RefChange& change);

/// The repository's present state, for a change whose outcome nobody reported.
Result<core::RefFacts> read_ref_facts(const Repository& repository, const core::RefChange& change);

}  // namespace esclusa::git
