#include "api/failed_logins.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace std::chrono_literals;

namespace {
const Timestamp start = from_micros(1'790'000'000'000'000);
}

TEST_CASE("FailedLogins: counts by network, up to a limit, within a time") {
  api::FailedLogins logins;
  for (size_t i = 0; i < limits::failed_logins; ++i) {
    CHECK_FALSE(logins.note("192.0.2.1", start + 1s));
  }
  CHECK(logins.note("192.0.2.1", start + 2s));
  CHECK(logins.note("192.0.2.1", start + limits::failed_login_time));
  CHECK_FALSE(logins.note("192.0.2.2", start + 2s));
  // The time runs from the first failure.
  CHECK_FALSE(logins.note("192.0.2.1", start + 1s + limits::failed_login_time));
}
