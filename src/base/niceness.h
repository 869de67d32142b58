#pragma once
#include <sys/resource.h>

namespace esclusa {

/// Adds to the niceness of the calling thread, from which its threads and child processes inherit
/// it. Linux keeps a niceness for each thread. It cannot be taken back without privileges; adding
/// needs none.
inline void be_nicer(int added) {
  if (added != 0) setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + added);
}

}  // namespace esclusa
