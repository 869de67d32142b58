#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace esclusa {

/// The time since the machine started; nobody can set it. `boot_id` is the kernel's id of this
/// start; empty if the kernel gives none.
struct BootTime {
  std::string boot_id;
  std::chrono::microseconds since_boot{};
};

using BootClock = std::function<BootTime()>;

/// The system's boot clock (CLOCK_BOOTTIME): it also counts while the machine sleeps. Any thread.
BootTime boot_now();

}  // namespace esclusa
