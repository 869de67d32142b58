#pragma once
#include "core/app.h"

namespace esclusa::core {

/// The installation after a change of its app. What the app no longer asks for is lost. What is new
/// is gained only if it was accepted.
Installation adapt_installation(Installation installation, const App& changed, bool accepted);

}  // namespace esclusa::core
