#pragma once
#include <string>

#include "app/access.h"
#include "core/commit.h"
#include "core/git_object.h"
#include "git/refs.h"

/// Git's own data: refs, and objects by their SHA. The caller has judged the access. What does not
/// exist is `not_found`, or `conflict` if the repository is empty. All of these functions wait for
/// git.
namespace esclusa::app {

/// The ref `refs/<name>`.
Result<core::GitRef> get_git_ref(const RepositoryAccess& access, const std::string& name);
/// The same; nullopt if the ref does not exist.
Result<std::optional<core::GitRef>> find_git_ref(const RepositoryAccess& access,
                                                 const std::string& name);

/// One page of the refs whose names begin with `refs/<prefix>`.
Result<core::Listing<core::GitRef>> list_git_refs(const RepositoryAccess& access,
                                                  const std::string& prefix,
                                                  const core::Page& page);
/// One part of the same list, at most `git_ref_part` refs, for callers that read all of it: the
/// refs that follow `after`, a full name; empty for the first part.
inline constexpr size_t git_ref_part = 1000;
Result<git::RefPart> read_git_refs(const RepositoryAccess& access, const std::string& prefix,
                                   const std::string& after);

Result<core::Tag> get_git_tag(const RepositoryAccess& access, const std::string& sha);
Result<core::Commit> get_git_commit(const RepositoryAccess& access, const std::string& sha);

/// `ref` is the SHA of a tree, or names a commit, whose tree is read. At most `git_tree_entries`
/// entries.
inline constexpr size_t git_tree_entries = 10'000;
Result<core::Tree> get_git_tree(const RepositoryAccess& access, const std::string& ref,
                                bool recursive);

/// `forbidden` (`blob_too_large`) if the blob is longer than `git_blob_bytes`.
inline constexpr size_t git_blob_bytes = 1024 * 1024;
Result<core::Blob> get_git_blob(const RepositoryAccess& access, const std::string& sha);

}  // namespace esclusa::app
