#include "base/time.h"

// Compiled into this file, the only one that uses it: esclusa-ssh starts faster without its
// library.
#define FMT_HEADER_ONLY
#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <numeric>

#include "base/forward_clock.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace esclusa {

Timestamp system_now() {
  using namespace std::chrono;
  static Mutex mutex;
  static ForwardClock clock GUARDED_BY(mutex);
  const Lock lock(mutex);
  const auto wall = time_point_cast<microseconds>(system_clock::now());
  return clock.tell(wall, duration_cast<microseconds>(steady_clock::now().time_since_epoch()));
}

namespace {

/// A moment in UTC, by the calendar.
struct Calendar {
  explicit Calendar(Timestamp time)
      : day(std::chrono::floor<std::chrono::days>(time)),
        date(day),
        clock(std::chrono::floor<std::chrono::seconds>(time - day)) {}
  int year() const { return static_cast<int>(date.year()); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day_of_month() const { return static_cast<unsigned>(date.day()); }

  std::chrono::sys_days day;
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> clock;
};

}  // namespace

std::string format_time(Timestamp time) {
  const Calendar at(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", at.year(), at.month(),
                     at.day_of_month(), at.clock.hours().count(), at.clock.minutes().count(),
                     at.clock.seconds().count());
}

std::string format_http_date(Timestamp time) {
  static constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Calendar at(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(at.day).c_encoding()], at.day_of_month(),
                     months[at.month() - 1], at.year(), at.clock.hours().count(),
                     at.clock.minutes().count(), at.clock.seconds().count());
}

namespace {

/// Whether `text` has the form of `pattern`, in which 0 stands for any digit.
bool has_shape(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(text, pattern, [](char c, char expected) {
    return expected == '0' ? c >= '0' && c <= '9' : c == expected;
  });
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view seconds_shape = "0000-00-00T00:00:00";
  if (text.size() <= seconds_shape.size()) return std::nullopt;
  const std::string moment(text.substr(0, seconds_shape.size()));
  std::string_view rest = text.substr(seconds_shape.size());
  if (!has_shape(moment, seconds_shape)) return std::nullopt;
  microseconds fraction{0};
  if (rest.starts_with('.')) {
    size_t digits = 0;
    int64_t micros = 0;
    for (rest.remove_prefix(1); !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; ++digits) {
      if (digits < 6) micros = micros * 10 + (rest[0] - '0');
      rest.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (size_t i = digits; i < 6; ++i) micros *= 10;
    fraction = microseconds(micros);
  }
  auto number = [](std::string_view digits) {
    return std::accumulate(digits.begin(), digits.end(), 0,
                           [](int sum, char c) { return 10 * sum + (c - '0'); });
  };
  minutes offset{0};
  if (rest != "Z") {
    if (!has_shape(rest, "+00:00") && !has_shape(rest, "-00:00")) return std::nullopt;
    const int offset_hours = number(rest.substr(1, 2)), offset_minutes = number(rest.substr(4));
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = hours(offset_hours) + minutes(offset_minutes);
    if (rest[0] == '-') offset = -offset;
  }
  const std::string_view m = moment;
  const year_month_day date{year(number(m.substr(0, 4))),
                            month(static_cast<unsigned>(number(m.substr(5, 2)))),
                            day(static_cast<unsigned>(number(m.substr(8, 2))))};
  const int h = number(m.substr(11, 2)), min = number(m.substr(14, 2)), s = number(m.substr(17));
  if (!date.ok() || h > 23 || min > 59 || s > 60) return std::nullopt;
  return sys_days(date) + hours(h) + minutes(min) + seconds(s) + fraction - offset;
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
