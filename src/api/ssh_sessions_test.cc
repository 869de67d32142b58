#include "api/ssh_sessions.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;

TEST_CASE("SshSessions: there is room until too many are open, and again when some have ended") {
  api::SshSessions sessions;
  Timestamp now = from_micros(1'000'000);
  for (size_t i = 0; i < limits::ssh_sessions; ++i) {
    CHECK(sessions.has_room(now));
    sessions.note(std::to_string(i), now);
  }
  CHECK_FALSE(sessions.has_room(now));
  sessions.end("7");
  CHECK(sessions.has_room(now));
  sessions.note("8", now);  // already counted
  CHECK(sessions.has_room(now));
  sessions.note("new", now);
  CHECK_FALSE(sessions.has_room(now));
  // All sessions but one stay silent.
  now += std::chrono::seconds(7);
  sessions.note("9", now);
  CHECK_FALSE(sessions.has_room(now));
  now += std::chrono::seconds(2);
  CHECK(sessions.has_room(now));
  for (size_t i = 1; i < limits::ssh_sessions; ++i) {
    CHECK(sessions.has_room(now));
    sessions.note("x" + std::to_string(i), now);
  }
  CHECK_FALSE(sessions.has_room(now));
}
