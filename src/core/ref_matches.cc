#include "core/ref_matches.h"

#include <algorithm>

#include "base/crypto.h"
#include "core/ref_pattern.h"

namespace esclusa::core {
namespace {

/// Neither patterns nor names of refs have a NUL.
std::string key_of(const std::vector<std::string_view>& patterns, std::string_view name) {
  std::string text(name);
  for (const std::string_view pattern : patterns) (text += '\0') += pattern;
  return sha256(text);
}

}  // namespace

RefMatches& RefMatches::of_process() {
  static RefMatches matches;
  return matches;
}

bool RefMatches::has_match(const std::vector<std::string_view>& patterns, std::string_view text) {
  if (patterns.empty()) return false;
  const std::string key = key_of(patterns, text);
  {
    Lock lock(mutex_);
    if (const bool* known = known_.find(key)) return *known;
  }
  const RefName name(text);
  const bool matches = std::ranges::any_of(
      patterns, [&](std::string_view pattern) { return RefPattern(pattern).matches(name); });
  Lock lock(mutex_);
  known_.at(key) = matches;
  ++made_;
  return matches;
}

size_t RefMatches::made() const {
  Lock lock(mutex_);
  return made_;
}

}  // namespace esclusa::core
