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

/// The branches that protections match. Their patterns are read once for all the branches.
class ProtectedBranches {
 public:
  explicit ProtectedBranches(const std::vector<BranchProtection>& protections) {
    for (const BranchProtection& each : protections) patterns_.emplace_back(each.pattern);
  }

  /// `branch` is a short name: `main`, not `refs/heads/main`.
  bool contains(std::string_view branch) const {
    const RefName name(branch);
    return std::ranges::any_of(patterns_,
                               [&](const RefPattern& pattern) { return pattern.matches(name); });
  }

 private:
  std::vector<RefPattern> patterns_;
};

}  // namespace esclusa::core
