#pragma once
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace esclusa {

/// A map of at most `capacity` entries: a new key evicts the least recently used one. One thread at
/// a time.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(size_t capacity) : capacity_(capacity) {}

  /// The value of the key; it is created if there is none. The reference is valid until the entry
  /// is evicted.
  Value& at(const Key& key) {
    if (Value* found = find(key)) return *found;
    if (entries_.size() >= capacity_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, Value{});
    places_[key] = entries_.begin();
    return entries_.front().second;
  }

  /// The value of the key; null if there is none.
  Value* find(const Key& key) {
    auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return &place->second->second;
  }

  size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  size_t capacity_;
  Entries entries_;  ///< the most recently used first
  std::unordered_map<Key, typename Entries::iterator> places_;
};

}  // namespace esclusa
