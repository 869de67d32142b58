#include "base/time.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <atomic>
#include <ctime>

namespace esclusa {

Timestamp system_now() {
  static std::atomic<int64_t> latest{0};
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count();
  auto seen = latest.load();
  while (seen < now && !latest.compare_exchange_weak(seen, now)) {
  }
  return from_micros(std::max(seen, now));
}

namespace {
std::tm utc(Timestamp time) {
  // Not by to_time_t: the system clock's nanoseconds end in the year 2262.
  return fmt::gmtime(
      std::time_t{std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()});
}
}  // namespace

std::string format_time(Timestamp time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc(time)); }

std::string format_http_date(Timestamp time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", utc(time));
}

}  // namespace esclusa
