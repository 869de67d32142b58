#include "app/new_commits.h"

#include <utility>

namespace esclusa::app {
namespace {

/// About what an entry occupies.
size_t bytes_of(const std::string& key, const NewCommits::Walk& walk) {
  constexpr size_t sha_bytes = 48;  // with what the allocator adds
  const size_t count = walk.commits ? walk.commits->size() : 0;
  return 2 * key.size() + 100 + count * (sizeof(core::NewCommit) + sha_bytes);
}

}  // namespace

std::optional<NewCommits::Walk> NewCommits::find(const std::string& key) {
  const Lock lock(mutex_);
  if (const auto at = young_.find(key); at != young_.end()) return at->second;
  const auto at = old_.find(key);
  if (at == old_.end()) return std::nullopt;
  Walk walk = std::move(at->second);
  old_.erase(at);
  insert(key, walk);
  return walk;
}

void NewCommits::keep(const std::string& key, Walk walk) {
  const Lock lock(mutex_);
  insert(key, std::move(walk));
}

void NewCommits::insert(const std::string& key, Walk walk) {
  const size_t bytes = bytes_of(key, walk);
  if (bytes > half_max_) return;
  if (young_bytes_ + bytes > half_max_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += bytes;
  young_.insert_or_assign(key, std::move(walk));
}

}  // namespace esclusa::app
