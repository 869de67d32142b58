#pragma once
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "git/repository.h"

/// Merges one commit into a branch: git works in a scratch repository, with no work tree, no shell
/// and no hooks. In two steps, so that a caller can record in between what it is about to do.
namespace esclusa::git {

/// Who merges, as it stands in the commit.
struct MergeAuthor {
  std::string name;
  std::string email;
  Timestamp at{};
};

/// Makes the commit that merges `other` into `tip` (both full SHAs), and moves no ref. Its SHA, or
/// nothing if they conflict, or have no commit in common; then nothing is left in the repository.
/// `unavailable` if git cannot.
Result<std::optional<std::string>> make_merge_commit(const Repository& repository,
                                                     const std::string& tip,
                                                     const std::string& other,
                                                     const std::string& message,
                                                     const MergeAuthor& author);

enum class BranchMove {
  moved,
  changed,      ///< the branch is no longer at the expected commit
  checked_out,  ///< somebody's work tree is on it
  locked,       ///< another git process holds its lock, or has left it
};

/// Moves a branch from one commit to another, only if it is still where it was. `branch` is a
/// full name.
Result<BranchMove> move_branch(const Repository& repository, const std::string& branch,
                               const std::string& from, const std::string& to,
                               const MergeAuthor& author);

enum class MergeCheck { clean, conflict, checked_out };

/// What would become of merging `other` into `branch`, which is at `tip`. Writes nothing.
Result<MergeCheck> check_merge(const Repository& repository, const std::string& branch,
                               const std::string& tip, const std::string& other);

}  // namespace esclusa::git
