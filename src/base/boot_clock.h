#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace esclusa {

/// The time since the machine started, which nobody can set. `boot_id` tells one start from
/// another, as the kernel does; empty if it does not say.
struct BootTime {
  std::string boot_id;
  std::chrono::microseconds since_boot{};
};

using BootClock = std::function<BootTime()>;

/// The system's. It goes on while the machine sleeps (CLOCK_BOOTTIME). Any thread.
BootTime boot_now();

}  // namespace esclusa
