#pragma once
#include <string>

#include "base/time.h"

namespace esclusa::core {

/// A commit that a release brings.
struct NewCommit {
  std::string sha;
  Timestamp committed_at;  ///< the committer's date
  bool operator==(const NewCommit&) const = default;
};

}  // namespace esclusa::core
