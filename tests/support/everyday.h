#pragma once
#include <cstdlib>

namespace esclusa::test {

/// Whether this is the everyday run, `./dev test` without a name, which leaves out what takes long
/// and has a quicker test of its kind. `./dev check`, and a run by name, leave out nothing:
///
///   TEST_CASE("…" * doctest::skip(test::is_everyday())) { … }
inline bool is_everyday() { return std::getenv("ESCLUSA_EVERYDAY") != nullptr; }

}  // namespace esclusa::test
