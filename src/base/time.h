#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace esclusa {

/// Wall-clock time in UTC, stored as microseconds since 1970.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A source of the time; tests pass their own.
using Clock = std::function<Timestamp()>;

/// The system's clock, except that it never runs backwards within this process. Any thread.
Timestamp system_now();

/// `2026-11-21T08:30:00Z`, as GitHub writes times.
std::string format_time(Timestamp time);

/// `Sat, 21 Nov 2026 08:30:00 GMT`, for `Last-Modified`.
std::string format_http_date(Timestamp time);

/// An RFC 3339 time (`2026-11-21T08:30:00Z`, `….123+01:00`); nothing for anything else.
std::optional<Timestamp> parse_time(std::string_view text);

/// An HTTP date in any of its three forms (RFC 9110, 5.6.7); nothing for anything else.
std::optional<Timestamp> parse_http_date(std::string_view text);

/// A duration such as `45s`, `30m`, `12h` or `90d`; nothing for anything else, or for more than a
/// century.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

constexpr int64_t to_micros(Timestamp time) { return time.time_since_epoch().count(); }
constexpr Timestamp from_micros(int64_t micros) {
  return Timestamp(std::chrono::microseconds(micros));
}

}  // namespace esclusa
