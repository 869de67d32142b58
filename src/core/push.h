#pragma once
#include <optional>
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
  bool is_distinct = true;  ///< no other branch had it
};

/// A ref that has moved from one object to another. A SHA of zeros stands for none.
struct Push {
  std::string ref;  ///< full name
  std::string before_sha;
  std::string after_sha;
  std::vector<PushedCommit> commits = {};  ///< what a branch got, the oldest first; not all of many
  std::optional<PushedCommit> head = {};   ///< the commit that the ref now leads to
  bool is_forced = false;                  ///< something of what was there before is gone
};

}  // namespace esclusa::core
