#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/access.h"
#include "core/commit.h"

/// What clients read of a repository's code before or after a deployment. The caller has judged the
/// access. A ref is resolved as for a deployment; `heads/x`, `tags/x`, and `HEAD` for the default
/// branch are accepted too. All of these functions wait for git.
namespace esclusa::app {

/// Lists branches by name: all, only the protected, or only the unprotected ones.
Result<core::Listing<core::Branch>> list_branches(const Context& context,
                                                  const RepositoryAccess& access,
                                                  std::optional<bool> is_protected,
                                                  const core::Page& page);
/// A branch with its latest commit; `not_found` with GitHub's `Branch not found`.
struct BranchDetails {
  core::Commit commit;
  bool is_protected = false;
};
Result<BranchDetails> get_branch(const Context& context, const RepositoryAccess& access,
                                 const std::string& name);
/// Lists the tags of commits, in descending order of their names.
Result<core::Listing<core::Branch>> list_tags(const RepositoryAccess& access,
                                              const core::Page& page);

/// The commits that are wanted. The history begins at `ref`; empty means the default branch.
struct HistoryQuery {
  std::string ref;
  std::optional<Timestamp> since = {};
  std::optional<Timestamp> until = {};
};
/// `conflict` if the repository is empty, `not_found` if the ref is unknown.
Result<core::History> list_commits(const Context& context, const RepositoryAccess& access,
                                   const HistoryQuery& query, const core::Page& page);

/// The full SHA of the commit that a ref names; `invalid` with GitHub's `No commit found for SHA`,
/// `conflict` if the repository is empty.
Result<std::string> get_commit_sha(const RepositoryAccess& access, const std::string& ref);

/// A commit, and one page of the files that differ from its first parent.
struct CommitDetails {
  core::Commit commit;
  core::Difference difference;
};
/// Errors as `get_commit_sha`.
Result<CommitDetails> get_commit(const Context& context, const RepositoryAccess& access,
                                 const std::string& ref, const core::Page& file_page);

/// Lists the branches whose latest commit is the one that `ref` names, by name; at most
/// `branches_where_head` of them. `ref` and errors as in `get_commit_sha`.
inline constexpr size_t branches_where_head = 1000;
Result<std::vector<core::Branch>> list_branches_where_head(const Context& context,
                                                           const RepositoryAccess& access,
                                                           const std::string& ref);

/// Compares `base...head`. Each side is a ref, optionally with the prefix `owner:` or
/// `owner:repository:` of this repository. Without a page, returns the latest
/// limits::compared_commits commits. `not_found` if a side is unknown or if they have no common
/// ancestor.
Result<core::Comparison> compare(const Context& context, const RepositoryAccess& access,
                                 const std::string& basehead,
                                 const std::optional<core::Page>& page);

}  // namespace esclusa::app
