#pragma once
#include <doctest/doctest.h>

#include "base/landlock.h"

namespace esclusa::test {

/// False if the kernel has no usable Landlock; prints that, too.
inline bool has_landlock() {
  if (landlock_version() == 0) MESSAGE("skipped: this kernel has no Landlock");
  return landlock_version() != 0;
}

}  // namespace esclusa::test
