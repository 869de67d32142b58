#pragma once
#include <variant>

#include "core/gates/branch_policy.h"
#include "core/gates/required_reviewers.h"
#include "core/gates/wait_timer.h"

namespace esclusa::core {

/// A rule of any kind: the table of kinds, in the order of GateKind. A kind is a struct with these
/// members:
///   kind             its GateKind
///   can_be_bypassed  whether an administrator can bypass it
///   judge(at)        the verdict on one deployment, without `kind` and `rule_id`; pure
using GateRule = std::variant<BranchPolicyRule, WaitTimerRule, RequiredReviewersRule>;

/// A rule of the kind, with its default settings.
GateRule empty_rule(GateKind kind);

}  // namespace esclusa::core
