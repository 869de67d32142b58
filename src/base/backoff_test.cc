#include "base/backoff.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace std::chrono_literals;

TEST_CASE("Backoff: doubles up to its longest") {
  const Backoff backoff{1s, 60s};
  CHECK(backoff.after(1) == 1s);
  CHECK(backoff.after(2) == 2s);
  CHECK(backoff.after(6) == 32s);
  CHECK(backoff.after(7) == 60s);
  CHECK(backoff.after(1'000'000) == 60s);
}
