#pragma once
#include <git2.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace esclusa::git {

/// A file in one of two trees.
struct Side {
  std::string path;
  git_oid id{};
  uint16_t mode = 0;  ///< 0 where the file does not exist
};

/// A file that differs.
struct Delta {
  git_delta_t status;
  Side before;
  Side after;
};

struct Deltas {
  std::vector<Delta> files;
  bool is_cut = false;  ///< there may be more
};

/// The first `file_limit` files that differ between two trees, either of which may be null, as long
/// as their paths have limits::diff_path_bytes together. Nothing where limits::diff_trees folders
/// that differ are opened before. Folders that are the same are not opened: libgit2 walks through
/// all, and for ever through trees that hold each other many times.
Result<std::optional<Deltas>> find_deltas(git_repository* repository, const git_tree* before,
                                          const git_tree* after, size_t file_limit);

}  // namespace esclusa::git
