#pragma once
#include <vector>

#include "git/folder.h"
#include "git/library.h"
#include "git/limits.h"

namespace esclusa::git {

/// A libgit2 repository that consists of objects only: no path, refs or configuration, hence no
/// replaced objects, grafts, commit-graph or other alternates. Objects are read from `folders`, in
/// that order, by `Pack` and as loose objects. New objects are written to the first folder, which
/// belongs to `repository`. All reads together may inflate `budget` bytes; after that every read is
/// an error.
Result<RepositoryHandle> open_objects(const Folder& repository, std::vector<Folder> folders,
                                      size_t budget = limits::git_handle_bytes);

}  // namespace esclusa::git
