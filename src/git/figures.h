#pragma once
#include "base/figures.h"

namespace esclusa::git {

/// What the process did in repositories since its start.
struct GitFigures {
  Histogram opens{time_bounds};  ///< how long it took to open one, also where that failed
  Histogram walks{time_bounds};  ///< how long it was walked over commits
};
GitFigures& figures();

}  // namespace esclusa::git
