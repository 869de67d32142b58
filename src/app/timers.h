#pragma once
#include "app/context.h"

namespace esclusa::app {

/// Judges the held deployments whose wait timer has ended, or, with `all`, every held deployment,
/// and releases those without a shut gate. One that cannot be judged stays held and does not stop
/// the others.
void release_due(const Context& context, bool all);

}  // namespace esclusa::app
