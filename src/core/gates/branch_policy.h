#pragma once
#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "core/gates/kind.h"
#include "core/ref.h"

namespace esclusa::core {

enum class BranchPolicyMode { protected_branches, custom_branch_policies };

/// Only some refs may be deployed.
struct BranchPolicyRule {
  static constexpr GateKind kind = GateKind::branch_policy;
  static constexpr bool can_be_bypassed = false;

  BranchPolicyMode mode = BranchPolicyMode::protected_branches;

  bool operator==(const BranchPolicyRule&) const = default;
  GateVerdict judge(const GateCase& at) const;
  void write_settings(JsonWriter& json) const;
  bool read_settings(const Json& settings);
  void write_audit(JsonWriter& json) const;
};

/// The kind of refs that a branch policy allows in mode `custom_branch_policies`. It never changes.
enum class BranchPolicyKind { branch, tag };

struct BranchPolicy {
  BranchPolicyId id;
  BranchPolicyKind kind = BranchPolicyKind::branch;
  std::string name;  ///< a pattern, see core/ref_pattern.h
};

/// GitHub's refusal (422) if a branch policy forbids the ref.
Result<void> check_branch_policy(const Environment& environment, const ResolvedRef& ref,
                                 const std::string& given_ref, const GateFacts& facts);

template <>
struct enum_names<BranchPolicyMode> {
  static constexpr NameTable<BranchPolicyMode, 2> values{
      {{BranchPolicyMode::protected_branches, "protected_branches"},
       {BranchPolicyMode::custom_branch_policies, "custom_branch_policies"}}};
};

template <>
struct enum_names<BranchPolicyKind> {
  static constexpr NameTable<BranchPolicyKind, 2> values{
      {{BranchPolicyKind::branch, "branch"}, {BranchPolicyKind::tag, "tag"}}};
};

}  // namespace esclusa::core
