#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "core/commit.h"

/// What clients read of a repository's code around a deployment. The caller has judged the access.
/// A ref is looked up as for a deployment; `heads/x`, `tags/x`, and `HEAD` for the default branch
/// are taken, too. All of these wait for git.
namespace esclusa::app {

/// By name; all of them, or those that are protected, or that are not.
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
/// Tags of commits, the last name first.
Result<core::Listing<core::Branch>> list_tags(const RepositoryAccess& access,
                                              const core::Page& page);

/// Where a history begins, empty for the default branch, and which commits are wanted.
struct HistoryQuery {
  std::string ref;
  std::optional<Timestamp> since = {};
  std::optional<Timestamp> until = {};
};
/// `conflict` if the repository is empty, `not_found` if the ref is unknown.
Result<core::History> list_commits(const Context& context, const RepositoryAccess& access,
                                   const HistoryQuery& query, const core::Page& page);

/// The full SHA that a ref means; `invalid` with GitHub's `No commit found for SHA`, `conflict` if
/// the repository is empty.
Result<std::string> get_commit_sha(const RepositoryAccess& access, const std::string& ref);

/// A commit, and one page of its files against its first parent.
struct CommitDetails {
  core::Commit commit;
  core::Difference difference;
};
/// Errors as `get_commit_sha`.
Result<CommitDetails> get_commit(const Context& context, const RepositoryAccess& access,
                                 const std::string& ref, const core::Page& file_page);

/// The branches whose latest commit it is, by name; at most `branches_where_head` of them. `ref`
/// and errors as of `get_commit_sha`.
inline constexpr size_t branches_where_head = 1000;
Result<std::vector<core::Branch>> list_branches_where_head(const Context& context,
                                                           const RepositoryAccess& access,
                                                           const std::string& ref);

/// `base...head`, each a ref, perhaps after `owner:` or `owner:repository:` of this repository.
/// Without a page the latest limits::compared_commits. `not_found` if a side is unknown, or if they
/// have no common ancestor.
Result<core::Comparison> compare(const Context& context, const RepositoryAccess& access,
                                 const std::string& basehead,
                                 const std::optional<core::Page>& page);

}  // namespace esclusa::app
