#include "core/time_range.h"

#include <string>

namespace esclusa::core {
namespace {

/// The range of a date (a whole day) or of a time (a whole second).
std::optional<TimeRange> parse_span(std::string_view text) {
  using namespace std::chrono;
  if (text.size() == std::string_view("2026-11-21").size()) {
    auto begin = parse_time(std::string(text) + "T00:00:00Z");
    return begin ? std::optional(TimeRange{begin, *begin + days(1)}) : std::nullopt;
  }
  auto moment = parse_time(text);
  if (!moment) return std::nullopt;
  const Timestamp begin = floor<seconds>(*moment);
  return TimeRange{begin, begin + seconds(1)};
}

}  // namespace

std::optional<TimeRange> parse_time_range(std::string_view text) {
  if (auto dots = text.find(".."); dots != text.npos) {
    const std::string_view first = text.substr(0, dots), last = text.substr(dots + 2);
    TimeRange range;
    for (auto [part, is_first] : {std::pair(first, true), std::pair(last, false)}) {
      if (part == "*") continue;
      auto span = parse_span(part);
      if (!span) return std::nullopt;
      (is_first ? range.from : range.until) = is_first ? span->from : span->until;
    }
    return range;
  }
  for (std::string_view sign : {">=", "<=", ">", "<"}) {
    if (!text.starts_with(sign)) continue;
    auto span = parse_span(text.substr(sign.size()));
    if (!span) return std::nullopt;
    if (sign == ">=") return TimeRange{span->from, std::nullopt};
    if (sign == ">") return TimeRange{span->until, std::nullopt};
    if (sign == "<=") return TimeRange{std::nullopt, span->until};
    return TimeRange{std::nullopt, span->from};
  }
  return parse_span(text);
}

}  // namespace esclusa::core
