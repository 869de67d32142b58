#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace esclusa::http {

/// Where a request is answered. Each lane but the loop has threads and a queue of its own, so that
/// work of one kind does not hold up the others.
enum class Lane {
  loop,     ///< the I/O thread: reads a few rows, waits for nothing
  rows,     ///< reads many rows
  commit,   ///< waits for a commit
  git,      ///< opens a repository, which may hang
  history,  ///< walks over commits, trees or refs of a repository: computes for long
  keys,     ///< what OpenSSH's helpers ask
  admin,    ///< what the local administrator asks
};

/// The bounds of one lane.
struct LaneLimits {
  size_t threads;                  ///< without those whose work hangs
  size_t queued;                   ///< requests that wait; beyond: 503
  std::chrono::milliseconds time;  ///< for one request, its wait in the queue included: 503
  size_t per_place = SIZE_MAX;     ///< running requests of one repository
  std::chrono::milliseconds stuck_time = limits::stuck_time;
  int niceness = 0;  ///< added to that of its threads
};

/// All lanes but the loop, in the order of `Lane`.
using LaneTable = std::array<LaneLimits, 6>;
/// Whether requests of the lane open a repository.
constexpr bool opens_repositories(Lane lane) { return lane == Lane::git || lane == Lane::history; }
/// The place of a lane in such a table; not of the loop.
constexpr size_t index_of(Lane lane) { return static_cast<size_t>(lane) - 1; }

inline constexpr LaneTable lane_limits = {{
    {limits::rows_threads, limits::queued_requests, limits::request_time},
    {limits::commit_threads, limits::queued_requests, limits::request_time},
    {limits::git_threads, limits::queued_requests, limits::request_time,
     limits::git_threads_per_repository},
    {.threads = limits::history_threads,
     .queued = limits::queued_requests,
     .time = limits::request_time,
     .per_place = limits::history_threads_per_repository,
     .niceness = limits::history_niceness},
    {limits::keys_threads, limits::queued_requests, limits::request_time},
    {limits::admin_threads, limits::queued_requests, limits::admin_time},
}};

}  // namespace esclusa::http
