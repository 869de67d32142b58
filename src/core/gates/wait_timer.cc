#include "core/gates/wait_timer.h"

#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "core/gates.h"

namespace esclusa::core {

GateVerdict WaitTimerRule::judge(const GateCase& at) const {
  GateVerdict verdict;
  verdict.reason_code = "wait_timer";
  verdict.numbers = {{"minutes", minutes}};
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

void WaitTimerRule::write_settings(JsonWriter& json) const { json.member("minutes", minutes); }

bool WaitTimerRule::read_settings(const Json& settings) {
  // 0 would mean that there is no gate.
  const int64_t given = settings.integer_at("minutes").value_or(0);
  if (given < 1 || !std::in_range<int>(given)) return false;
  minutes = static_cast<int>(given);
  return true;
}

void WaitTimerRule::write_audit(JsonWriter& json) const { json.member("wait_timer", minutes); }

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
