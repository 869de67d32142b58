#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/commit.h"

namespace esclusa::core {

/// A commit that a push added to a branch, and the files that it changes against its first parent.
struct PushedCommit {
  Commit commit;
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> modified;
  bool is_distinct = true;  ///< no other branch had the commit before
};

/// A ref that moved from one object to another. A SHA of zeros means no object.
struct Push {
  std::string ref;  ///< full name
  std::string before_sha;
  std::string after_sha;
  std::vector<PushedCommit> commits = {};  ///< a branch's new ones, oldest first; limited
  std::optional<PushedCommit> head = {};   ///< the commit that the ref leads to now
  bool is_forced = false;                  ///< commits that the ref had are no longer reachable
};

}  // namespace esclusa::core
