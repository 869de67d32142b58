#pragma once
#include <string>
#include <vector>

#include "core/commit.h"

namespace esclusa::core {

/// A commit that came to a branch, and the files that it changes against its first parent.
struct PushedCommit {
  Commit commit;
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> modified;
};

/// A branch that has moved from one commit to a later one.
struct Push {
  std::string branch;  ///< full name
  std::string before_sha;
  std::string after_sha;
  std::vector<PushedCommit>
      commits;  ///< the oldest first, the last is the new tip; not all of many
};

}  // namespace esclusa::core
