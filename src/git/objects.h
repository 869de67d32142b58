#pragma once
#include <vector>

#include "git/folder.h"
#include "git/library.h"
#include "git/limits.h"

namespace esclusa::git {

/// A libgit2 repository that has objects and nothing else: no path, no refs, no configuration, and
/// so no replaced objects, grafts, commit-graph or alternates but these. The objects are read by
/// `Pack` and by inflating loose ones, all opened beneath `folders`, in that order. New ones go to
/// the first, which lies in `repository`. All reads together may inflate `budget` bytes; from then
/// on each is an error.
Result<RepositoryHandle> open_objects(const Folder& repository, std::vector<Folder> folders,
                                      size_t budget = limits::git_handle_bytes);

}  // namespace esclusa::git
