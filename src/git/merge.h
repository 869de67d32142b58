#pragma once
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "git/repository.h"

/// Merges one commit into a branch. git works in a scratch repository, with no work tree, no shell
/// and no hooks. There are two steps, so that a caller can record its intent between them.
namespace esclusa::git {

/// The author and committer of the merge commit.
struct MergeAuthor {
  std::string name;
  std::string email;
  Timestamp at{};
};

/// Makes the commit that merges `other` into `tip` (both full SHAs), and moves no ref. Returns its
/// SHA; nothing if the two conflict or have no common ancestor, and then nothing is left in the
/// repository. `unavailable` if git fails.
Result<std::optional<std::string>> make_merge_commit(const Repository& repository,
                                                     const std::string& tip,
                                                     const std::string& other,
                                                     const std::string& message,
                                                     const MergeAuthor& author);

enum class BranchMove {
  moved,
  changed,      ///< the branch is no longer at the expected commit
  checked_out,  ///< a work tree has it checked out
  locked,       ///< another git process holds its lock, or left it
};

/// Moves a branch (a full name) from one commit to another, only if it is still at the first one.
Result<BranchMove> move_branch(const Repository& repository, const std::string& branch,
                               const std::string& from, const std::string& to,
                               const MergeAuthor& author);

enum class MergeCheck { clean, conflict, checked_out };

/// Predicts the result of merging `other` into `branch`, which is at `tip`. Writes nothing.
Result<MergeCheck> check_merge(const Repository& repository, const std::string& branch,
                               const std::string& tip, const std::string& other);

}  // namespace esclusa::git
