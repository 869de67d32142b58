#include "api/ssh_sessions.h"

#include <doctest/doctest.h>

using namespace esclusa;

namespace {
constexpr DeployKeyId greedy{1}, other{2};

/// Opens sessions of a key as long as there is room; gives their number.
size_t open_all(api::SshSessions& sessions, DeployKeyId key, Timestamp now) {
  size_t count = 0;
  while (sessions.has_room(key, now)) {
    sessions.note(std::to_string(key.value) + " " + std::to_string(count++), key, now);
  }
  return count;
}
}  // namespace

TEST_CASE("SshSessions: a key has at most as many sessions as it leaves to others") {
  api::SshSessions sessions;
  const Timestamp now = from_micros(1'000'000);
  CHECK(open_all(sessions, greedy, now) == limits::ssh_sessions / 2);
  CHECK(open_all(sessions, other, now) == limits::ssh_sessions / 4);
  CHECK(sessions.has_room(DeployKeyId{3}, now));
}

TEST_CASE("SshSessions: there is room again when some have ended, and a known one takes none") {
  api::SshSessions sessions;
  const Timestamp now = from_micros(1'000'000);
  open_all(sessions, greedy, now);
  sessions.end("1 7");
  sessions.end("1 7");
  CHECK(sessions.has_room(greedy, now));
  sessions.note("1 8", greedy, now);
  CHECK(sessions.has_room(greedy, now));
  sessions.note("new", greedy, now);
  CHECK_FALSE(sessions.has_room(greedy, now));
}

TEST_CASE("SshSessions: a session that is silent for eight seconds has ended") {
  api::SshSessions sessions;
  Timestamp now = from_micros(1'000'000);
  const size_t all = open_all(sessions, greedy, now);
  now += std::chrono::seconds(7);
  sessions.note("1 9", greedy, now);
  CHECK_FALSE(sessions.has_room(greedy, now));
  now += std::chrono::seconds(2);
  CHECK(open_all(sessions, DeployKeyId{3}, now) == limits::ssh_sessions / 2);
  sessions.end("1 9");
  CHECK(all == limits::ssh_sessions / 2);
}
