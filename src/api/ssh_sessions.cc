#include "api/ssh_sessions.h"

#include "base/limits.h"

namespace esclusa::api {
namespace {

/// A session that is silent for longer than this has ended; a busy machine may delay its messages.
constexpr auto silence = 4 * limits::ssh_session_check_time;

}  // namespace

bool SshSessions::has_room(Timestamp now) {
  Lock lock(mutex_);
  if (heard_.size() >= limits::ssh_sessions) {
    std::erase_if(heard_, [&](const auto& session) { return now - session.second > silence; });
  }
  return heard_.size() < limits::ssh_sessions;
}

void SshSessions::note(const std::string& id, Timestamp now) {
  Lock lock(mutex_);
  heard_[id] = now;
}

void SshSessions::end(const std::string& id) {
  Lock lock(mutex_);
  heard_.erase(id);
}

}  // namespace esclusa::api
