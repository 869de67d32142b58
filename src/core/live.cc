#include "core/live.h"

namespace esclusa::core {

bool is_destroyed(const Live& live) {
  return !live.live && live.transient.empty() && live.waiting_count == 0 &&
         live.latest.transient_environment && live.latest.state == DeploymentState::inactive;
}

}  // namespace esclusa::core
