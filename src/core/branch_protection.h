#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/ref_pattern.h"

namespace esclusa::core {

/// Protects the branches of a repository whose names match the pattern.
struct BranchProtection {
  BranchProtectionId id;
  std::string pattern;
  Timestamp created_at{};
};

/// Whether one of the protections matches the branch of that name (`main`, not `refs/heads/main`).
inline bool is_protected(const std::vector<BranchProtection>& protections,
                         std::string_view branch) {
  const RefName name(branch);
  return std::ranges::any_of(protections, [&](const BranchProtection& protection) {
    return RefPattern(protection.pattern).matches(name);
  });
}

}  // namespace esclusa::core
