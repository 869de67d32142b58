#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/gates/branch_policy.h"
#include "core/gates/custom.h"
#include "core/gates/required_reviewers.h"
#include "core/gates/wait_timer.h"

namespace esclusa::core {

/// A rule of any kind: the table of kinds, in the order of GateKind. A kind is a struct with these
/// members:
///   kind             its GateKind
///   can_be_bypassed  whether an administrator can bypass it
///   judge(at)        the verdict on one deployment, without `kind` and `rule_id`; pure
///   write_settings(json), read_settings(json)
///                    the members of the stored settings, a JSON object; read_settings returns
///                    false if a member is missing or out of range: then nobody can judge the gate
///   write_audit(json)
///                    the members of the audit row that tells how the environment is protected
using GateRule = std::variant<BranchPolicyRule, WaitTimerRule, RequiredReviewersRule, CustomRule>;

/// A rule of the kind, with its default settings.
GateRule empty_rule(GateKind kind);

/// The settings as JSON text, for the column of the rule.
std::string settings_text(const GateRule& rule);
/// The rule of the kind with these settings; nullopt if they cannot be read.
std::optional<GateRule> parse_rule(GateKind kind, std::string_view settings);

}  // namespace esclusa::core
