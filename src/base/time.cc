#include "base/time.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <atomic>
#include <ctime>

#include "base/ids.h"

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

std::optional<Timestamp> parse_http_date(std::string_view text) {
  const std::string terminated(text);
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm time{};
    const char* end = strptime(terminated.c_str(), form, &time);
    if (end != terminated.c_str() + terminated.size()) continue;
    return Timestamp(std::chrono::seconds(timegm(&time)));
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::pair<char, int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  constexpr int64_t century = 100LL * 366 * 86'400;
  for (const auto& [letter, seconds] : units) {
    if (!text.ends_with(letter)) continue;
    auto count = parse_positive(text.substr(0, text.size() - 1));
    if (count && *count <= century / seconds) return std::chrono::seconds(*count * seconds);
  }
  return std::nullopt;
}

}  // namespace esclusa
