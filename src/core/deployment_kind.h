#pragma once
#include "base/ids.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// Why a deployment was made: of its own, or as a repetition of another one. docs/decisions/0045.
enum class DeploymentKind { deploy, redeploy, rollback, promotion };

/// What a deployment repeats.
struct Repeats {
  DeploymentKind kind = DeploymentKind::redeploy;  ///< never `deploy`
  DeploymentId origin;                             ///< it may have been deleted since
  bool operator==(const Repeats&) const = default;
};

template <>
struct enum_names<DeploymentKind> {
  static constexpr NameTable<DeploymentKind, 4> values{{{DeploymentKind::deploy, "deploy"},
                                                        {DeploymentKind::redeploy, "redeploy"},
                                                        {DeploymentKind::rollback, "rollback"},
                                                        {DeploymentKind::promotion, "promotion"}}};
};

}  // namespace esclusa::core
