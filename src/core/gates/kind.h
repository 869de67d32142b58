#pragma once
#include "core/enum_names.h"

namespace esclusa {
class Json;
class JsonWriter;
}  // namespace esclusa

namespace esclusa::core {

/// A kind of gate, which is a kind of protection rule. core/gates/rule.h has the type of each.
enum class GateKind { branch_policy, wait_timer, required_reviewers, custom };

template <>
struct enum_names<GateKind> {
  static constexpr NameTable<GateKind, 4> values{
      {{GateKind::branch_policy, "branch_policy"},
       {GateKind::wait_timer, "wait_timer"},
       {GateKind::required_reviewers, "required_reviewers"},
       {GateKind::custom, "custom_deployment_protection_rule"}}};
};

// core/gates.h
struct GateCase;
struct GateFacts;
struct GateTime;
struct GateVerdict;
// core/environment.h
struct Environment;

}  // namespace esclusa::core
