#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/gates.h"

namespace esclusa::core {

/// What a create request would do now.
enum class DryRunOutcome { released, held, merged, refused };

struct DryRun {
  DryRunOutcome outcome = DryRunOutcome::refused;
  std::string sha = {};                 ///< empty where the ref is unknown
  std::string default_branch = {};      ///< short name, as found
  std::optional<Error> refusal = {};    ///< of `refused`
  std::vector<GateVerdict> gates = {};  ///< only of `released` and `held`
  bool makes_environment = false;       ///< the create would make the environment
};

template <>
struct enum_names<DryRunOutcome> {
  static constexpr NameTable<DryRunOutcome, 4> values{{{DryRunOutcome::released, "released"},
                                                       {DryRunOutcome::held, "held"},
                                                       {DryRunOutcome::merged, "merged"},
                                                       {DryRunOutcome::refused, "refused"}}};
};

}  // namespace esclusa::core
