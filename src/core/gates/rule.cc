#include "core/gates/rule.h"

#include "base/check.h"
#include "core/gates.h"

namespace esclusa::core {
namespace {

template <class... Rules>
GateRule make(GateKind kind, std::type_identity<std::variant<Rules...>>) {
  GateRule rule;
  ENSURE(((Rules::kind == kind && (rule = Rules{}, true)) || ...));
  return rule;
}

}  // namespace

GateRule empty_rule(GateKind kind) { return make(kind, std::type_identity<GateRule>()); }

}  // namespace esclusa::core
