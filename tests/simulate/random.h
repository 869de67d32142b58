#pragma once
#include <cstdint>
#include <vector>

namespace esclusa::simulate {

/// Random numbers that depend only on the seed, on every machine (splitmix64).
class Random {
 public:
  /// Mixes the seed: otherwise seeds that differ by the step give the same sequence, shifted.
  explicit Random(uint64_t seed) : state_(mix(seed)) {}

  uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15U); }
  /// A number from 0 to `count` - 1.
  size_t below(size_t count) { return next() % count; }
  /// True once in `count` times.
  bool one_in(size_t count) { return below(count) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  static uint64_t mix(uint64_t mixed) {
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  uint64_t state_;
};

}  // namespace esclusa::simulate
