#pragma once
#include "core/hook.h"

/// What a receiver that refuses a body says: nothing of itself, and that the next may pass.
namespace esclusa::core {

/// A delivery is dead after so many refusals in a row: at once, after 5 s, after 5 min. A receiver
/// behind a proxy that is being set up may answer so for a moment.
inline constexpr int refused_attempts_max = 3;

/// Whether an answer with that status is about the body (400, 413, 422), and not about the hook.
bool is_refusal(int status_code);

/// The health after a refused body at `now`: as it was, but an open breaker's next probe is later;
/// `scale` multiplies the pause.
HookHealth after_refusal(const HookHealth& health, Timestamp now, double scale = 1.0);

}  // namespace esclusa::core
