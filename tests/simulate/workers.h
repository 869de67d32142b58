#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "simulate/simulation.h"

namespace esclusa::simulate {

/// The seeds to play.
struct Plan {
  uint64_t first = 1;
  uint64_t count = 10'000;
  unsigned workers = 2;
};

struct Verdict {
  uint64_t done = 0;                 ///< seeds that were played
  std::optional<uint64_t> violated;  ///< the first seed with a violation
  Counts counts;
};

/// Plays the seeds in child processes, and prints the progress from time to time.
Verdict play_all(const Plan& plan);

/// Plays one seed in this process. Returns the violation; empty: none. With `traces` it prints
/// every step.
std::string play(World& world, uint64_t seed, bool traces, Counts& counts);

}  // namespace esclusa::simulate
