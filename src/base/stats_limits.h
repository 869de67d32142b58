#pragma once
#include <chrono>
#include <cstddef>

/// Limits of the delivery figures, each with its reason.
namespace esclusa::limits {

inline constexpr int stats_outcomes = 20'000;   ///< of one answer: some 0.2 s of the database
inline constexpr int stats_around = 1000;       ///< read before and after the range
inline constexpr int stats_places = 10'000;     ///< environments that are asked whether they count
inline constexpr int stats_environments = 50;   ///< of one answer: 6,000 rows
inline constexpr size_t stats_spans = 120;      ///< of one answer: two years of weeks
inline constexpr size_t stats_walked = 50'000;  ///< commits on the way between two releases: 0.3 s
inline constexpr auto stats_walk_time = std::chrono::seconds(10);  ///< all walks of one answer
inline constexpr size_t stats_kept_bytes = 16 * 1024 * 1024;  ///< of walks, for the next answer

}  // namespace esclusa::limits
