#include "base/boot_clock.h"

#include <time.h>

#include <fstream>

#include "base/check.h"

namespace esclusa {
namespace {

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

BootTime boot_now() {
  static const std::string boot_id = read_boot_id();
  timespec time{};
  ENSURE(clock_gettime(CLOCK_BOOTTIME, &time) == 0);
  return {boot_id, std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec))};
}

}  // namespace esclusa
