#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/recent_map.h"

namespace esclusa::core {

/// Whether lists of patterns match names, remembered by the patterns and the name themselves: what
/// was matched before a transaction costs nothing within it, as long as nobody has changed the
/// patterns. To match 500 long patterns takes up to 25 ms, and a transaction holds up every writer
/// (docs/decisions/0030). Any thread.
class RefMatches {
 public:
  /// The latest ones of this process.
  static RefMatches& of_process();

  /// Whether one of the patterns matches the name of a branch or a tag.
  bool has_match(const std::vector<std::string_view>& patterns, std::string_view name);
  /// How many calls had to match.
  size_t made() const;

 private:
  static constexpr size_t kept = 4096;  ///< some 200 bytes each

  mutable Mutex mutex_;
  RecentMap<std::string, bool> known_ GUARDED_BY(mutex_){kept};
  size_t made_ GUARDED_BY(mutex_) = 0;
};

}  // namespace esclusa::core
