#include "core/gates/wait_timer.h"

#include "core/gates.h"

namespace esclusa::core {

GateVerdict WaitTimerRule::judge(const GateCase& at) const {
  GateVerdict verdict;
  verdict.reason_code = "wait_timer";
  const Timestamp ends = wait_ends_at(at.deployment, *this, at.facts.now);
  if (ends <= at.facts.now.wall) {
    verdict.state = GateState::open;
    verdict.message = "The wait is over.";
  } else {
    verdict.opens_at = ends;
    verdict.message = "The wait timer runs until " + format_time(ends) + ".";
  }
  return verdict;
}

Timestamp wait_ends_at(const Deployment& deployment, const WaitTimerRule& timer,
                       const GateTime& now) {
  const auto wait = std::chrono::minutes(timer.minutes);
  const BootTime& start = deployment.boot;
  if (start.boot_id.empty() || start.boot_id != now.boot.boot_id) {
    return deployment.created_at + wait;
  }
  return now.wall + (start.since_boot + wait - now.boot.since_boot);
}

}  // namespace esclusa::core
