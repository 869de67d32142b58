#pragma once
#include <git2.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace esclusa::git {

/// A file in one of the two trees.
struct Side {
  std::string path;
  git_oid id{};
  uint16_t mode = 0;  ///< 0 if the file does not exist
};

/// A file that differs between the trees.
struct Delta {
  git_delta_t status;
  Side before;
  Side after;
};

struct Deltas {
  std::vector<Delta> files;
  bool is_cut = false;  ///< there may be more files
};

/// The first `file_limit` files that differ between two trees (either may be null), while their
/// paths have at most limits::diff_path_bytes together. Nothing if that needs more than
/// limits::diff_trees folders. Equal folders are not opened: libgit2 opens all of them, and would
/// not end in trees that contain each other many times.
Result<std::optional<Deltas>> find_deltas(git_repository* repository, const git_tree* before,
                                          const git_tree* after, size_t file_limit);

}  // namespace esclusa::git
