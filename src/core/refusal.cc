#include "core/refusal.h"

#include <algorithm>

namespace esclusa::core {

bool is_refusal(int status_code) {
  constexpr int codes[] = {400, 413, 422};
  return std::ranges::count(codes, status_code) > 0;
}

HookHealth after_refusal(const HookHealth& health, Timestamp now, double scale) {
  HookHealth after = health;
  if (after.probe_at) after.probe_at = after_failure(health, now, scale).probe_at;
  return after;
}

}  // namespace esclusa::core
