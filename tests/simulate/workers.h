#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "simulate/simulation.h"

namespace esclusa::simulate {

/// Which seeds to play.
struct Plan {
  uint64_t first = 1;
  uint64_t count = 10'000;
  unsigned workers = 2;
};

struct Verdict {
  uint64_t done = 0;                 ///< seeds that were played
  std::optional<uint64_t> violated;  ///< the first seed in which something was wrong
  Counts counts;
};

/// Plays the seeds in processes beside this one, and says from time to time how far they are.
Verdict play_all(const Plan& plan);

/// Plays one seed here. What was wrong; empty: nothing. With `traces` it tells what happens.
std::string play(World& world, uint64_t seed, bool traces, Counts& counts);

}  // namespace esclusa::simulate
