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

/// An object's type and content, without its header.
struct RawObject {
  git_object_t type = GIT_OBJECT_INVALID;
  std::string data;
};

/// Shared by all packs and object folders of one open repository: how many bytes may still be
/// inflated, and a cache of delta bases (16 MiB in all). One thread at a time.
class ObjectReads {
 public:
  using Shared = std::shared_ptr<const RawObject>;

  explicit ObjectReads(size_t budget = limits::git_handle_bytes) : budget_(budget) {}

  /// Call this before so many bytes are inflated, made from a delta, or copied from the cache.
  /// `repository_unreadable` if the budget of the repository is used up.
  Result<void> spend(size_t bytes);

  /// A new number for a pack; it is part of the cache's key.
  size_t new_pack() { return pack_count_++; }
  /// The cached base; null if it is not cached.
  Shared find_base(size_t pack, off_t at) const;
  /// Caches the base, unless it is large.
  void keep_base(size_t pack, off_t at, const Shared& object);

 private:
  size_t budget_;
  size_t pack_count_ = 0;
  std::map<std::pair<size_t, off_t>, Shared> bases_;
  size_t bases_bytes_ = 0;
};

}  // namespace esclusa::git
