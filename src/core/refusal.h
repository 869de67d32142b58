#pragma once
#include "core/hook.h"

/// A receiver that refuses a body (400, 413, 422) says nothing about its own health: other bodies
/// may pass.
namespace esclusa::core {

/// A delivery is dead after this many refusals in a row: the first attempt, and retries after 5 s
/// and 5 min. A receiver behind a proxy that is being set up may refuse for a moment.
inline constexpr int refused_attempts_max = 3;

/// Whether an answer with that status refuses the body (400, 413, 422), and is no failure of the
/// hook.
bool is_refusal(int status_code);

/// The health after a refused body at `now`: unchanged, except that the next probe of an open
/// breaker is later; `scale` multiplies the pause.
HookHealth after_refusal(const HookHealth& health, Timestamp now, double scale = 1.0);

}  // namespace esclusa::core
