#pragma once
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "core/new_commit.h"

namespace esclusa::app {

/// Which commits one commit has beyond another: what two SHAs say never changes, so it is kept for
/// the next answer, up to a number of bytes. There are two halves: when the younger one is full, it
/// becomes the older one, and the former older one goes. Any thread.
class NewCommits {
 public:
  using Commits = std::vector<core::NewCommit>;
  struct Walk {
    /// Null: there are too many commits on the way.
    std::shared_ptr<const Commits> commits;
  };

  explicit NewCommits(size_t bytes_max) : half_max_(bytes_max / 2) {}

  /// `key` names the repository and the two commits.
  std::optional<Walk> find(const std::string& key);
  void keep(const std::string& key, Walk walk);

 private:
  using Half = std::unordered_map<std::string, Walk>;
  void insert(const std::string& key, Walk walk) REQUIRES(mutex_);

  const size_t half_max_;
  Mutex mutex_;
  Half young_ GUARDED_BY(mutex_);
  Half old_ GUARDED_BY(mutex_);
  size_t young_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace esclusa::app
