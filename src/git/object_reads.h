#pragma once
#include <sys/types.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <git2.h>

#include "base/error.h"
#include "git/limits.h"

namespace esclusa::git {

/// An object as it is stored, without its header.
struct RawObject {
  git_object_t type = GIT_OBJECT_INVALID;
  std::string data;
};

/// What the packs and folders of one open repository share: how much they may still inflate, and
/// bases of deltas that were read, of 16 MiB in all. One thread at a time.
class ObjectReads {
 public:
  using Shared = std::shared_ptr<const RawObject>;

  explicit ObjectReads(size_t budget = limits::git_handle_bytes) : budget_(budget) {}

  /// Call it before so many bytes are inflated, made of a delta, or given once more:
  /// `repository_unreadable` if the repository has cost too much already.
  Result<void> spend(size_t bytes);

  /// A number for a pack, by which its bases are found.
  size_t new_pack() { return pack_count_++; }
  /// Null if it is not kept.
  Shared find_base(size_t pack, off_t at) const;
  /// Keeps it, unless it is large.
  void keep_base(size_t pack, off_t at, const Shared& object);

 private:
  size_t budget_;
  size_t pack_count_ = 0;
  std::map<std::pair<size_t, off_t>, Shared> bases_;
  size_t bases_bytes_ = 0;
};

}  // namespace esclusa::git
