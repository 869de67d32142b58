#pragma once
#include <optional>
#include <string>

#include "core/git_object.h"
#include "git/repository.h"

/// Reads objects by their full SHA. Every function returns nothing if there is no object with that
/// SHA, or if it has another type.
namespace esclusa::git {

Result<std::optional<core::Tag>> read_tag(const Repository& repository, const std::string& sha);

/// The first `limit` entries, while their paths have at most limits::tree_path_bytes together. With
/// `recursive`, each subtree is followed by its own entries.
Result<std::optional<core::Tree>> read_tree(const Repository& repository, const std::string& sha,
                                            bool recursive, size_t limit);

/// The entry at a path (`docs/api.md`) in a tree that must exist.
Result<std::optional<core::TreeEntry>> find_in_tree(const Repository& repository,
                                                    const std::string& tree_sha,
                                                    const std::string& path);

/// The content is left out if it is longer than `limit` bytes.
Result<std::optional<core::Blob>> read_blob(const Repository& repository, const std::string& sha,
                                            size_t limit);

}  // namespace esclusa::git
