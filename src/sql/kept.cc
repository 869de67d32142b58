#include "sql/kept.h"

namespace esclusa::sql {

std::shared_ptr<const void> Kept::find(std::string_view key, const std::type_info& type,
                                       const SnapshotMoment& at) {
  Lock lock(mutex_);
  auto found = young_.find(key);
  const bool is_young = found != young_.end();
  if (!is_young) found = old_.find(key);
  if (!is_young && found == old_.end()) return nullptr;
  Entry& entry = found->second;
  if (entry.moment > at.moment) return nullptr;
  if (!at.versions->is_unchanged(entry.moment, entry.sources.slots())) return nullptr;
  ENSURE(*entry.type == type);
  note_sources(at, entry.sources);
  auto value = entry.value;
  if (!is_young) {
    auto node = old_.extract(found);
    insert_young(std::move(node.key()), std::move(node.mapped()));
  }
  return value;
}

void Kept::insert(std::string_view key, Entry entry) {
  Half gone;  // freed without the lock
  Lock lock(mutex_);
  if (young_bytes_ + entry.bytes > half_max_) {
    gone = std::exchange(old_, std::exchange(young_, {}));
    young_bytes_ = 0;
  }
  insert_young(std::string(key), std::move(entry));
  lock.unlock();
}

void Kept::insert_young(std::string key, Entry entry) {
  const auto [place, is_new] = young_.try_emplace(std::move(key));
  young_bytes_ += entry.bytes - (is_new ? 0 : place->second.bytes);
  place->second = std::move(entry);
}

}  // namespace esclusa::sql
