#pragma once
#include <optional>
#include <string>

#include "core/git_object.h"
#include "git/repository.h"

/// Reads objects by their full SHA. Each gives nothing if there is no object of that SHA, or one of
/// another type.
namespace esclusa::git {

Result<std::optional<core::Tag>> read_tag(const Repository& repository, const std::string& sha);

/// The first `limit` entries, as long as their paths have limits::tree_path_bytes together. With
/// `recursive` those of its subtrees follow each of them.
Result<std::optional<core::Tree>> read_tree(const Repository& repository, const std::string& sha,
                                            bool recursive, size_t limit);

/// What is at a path (`docs/api.md`) in a tree, which must be there.
Result<std::optional<core::TreeEntry>> find_in_tree(const Repository& repository,
                                                    const std::string& tree_sha,
                                                    const std::string& path);

/// Without its content if that is longer than `limit` bytes.
Result<std::optional<core::Blob>> read_blob(const Repository& repository, const std::string& sha,
                                            size_t limit);

}  // namespace esclusa::git
