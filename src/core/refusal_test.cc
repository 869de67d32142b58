#include "core/refusal.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

TEST_CASE("is_refusal: only 400, 413 and 422 refuse the body") {
  for (int code : {400, 413, 422}) CHECK(is_refusal(code));
  for (int code : {200, 302, 401, 403, 404, 405, 408, 409, 410, 415, 429, 500, 502, 503}) {
    CAPTURE(code);
    CHECK_FALSE(is_refusal(code));
  }
}

TEST_CASE("after_refusal: counts no failure; an open breaker probes again later") {
  using namespace std::chrono_literals;
  const Timestamp start = from_micros(1'000'000);
  HookHealth health;
  for (int i = 0; i < 4; ++i) health = after_failure(health, start);
  CHECK(after_refusal(health, start + 1s).failure_count == 4);
  CHECK_FALSE(after_refusal(health, start + 1s).probe_at.has_value());
  const HookHealth open = after_failure(health, start);
  const HookHealth refused = after_refusal(open, start + 20min);
  CHECK(refused.failure_count == 5);
  CHECK(refused.failing_since == start);
  CHECK(refused.probe_at == start + 22min);
}
