#pragma once
#include "base/time.h"
#include "core/deployment.h"
#include "core/gates/kind.h"

namespace esclusa::core {

/// Deployments wait this many minutes after their creation. Number of a verdict: `minutes`.
struct WaitTimerRule {
  static constexpr GateKind kind = GateKind::wait_timer;
  static constexpr bool can_be_bypassed = true;

  int minutes = 0;

  bool operator==(const WaitTimerRule&) const = default;
  GateVerdict judge(const GateCase& at) const;
  void write_settings(JsonWriter& json) const;
  bool read_settings(const Json& settings);
  void write_audit(JsonWriter& json) const;
};

/// The end of the wait that began with the deployment. Within one boot the boot clock is used,
/// which nobody can set; after a reboot the wall clock.
Timestamp wait_ends_at(const Deployment& deployment, const WaitTimerRule& timer,
                       const GateTime& now);

}  // namespace esclusa::core
