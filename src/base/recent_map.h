#pragma once
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace esclusa {

/// A map that holds at most `capacity` entries: a new key pushes out the one that was asked for
/// the longest ago. One thread at a time.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(size_t capacity) : capacity_(capacity) {}

  /// The key's value, made where there is none. Stays in place until it is pushed out.
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

  /// The key's value; null if there is none.
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
  Entries entries_;  ///< the latest first
  std::unordered_map<Key, typename Entries::iterator> places_;
};

}  // namespace esclusa
