#pragma once
#include <doctest/doctest.h>

#include "base/landlock.h"

namespace esclusa::test {

/// False, and said in the output, where the kernel cannot confine anything.
inline bool has_landlock() {
  if (landlock_version() == 0) MESSAGE("skipped: this kernel has no Landlock");
  return landlock_version() != 0;
}

}  // namespace esclusa::test
