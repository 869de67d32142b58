#include "api/ssh_sessions.h"

#include <iterator>

namespace esclusa::api {
namespace {

/// A session that is silent for longer than this has ended; a busy machine may delay its messages.
constexpr auto silence = 4 * limits::ssh_session_check_time;

}  // namespace

bool SshSessions::has_room(DeployKeyId key, Timestamp now) {
  Lock lock(mutex_);
  if (open_.may_take(key)) return true;
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    const bool is_over = now - session->second.heard > silence;
    session = is_over ? remove(session) : std::next(session);
  }
  return open_.may_take(key);
}

void SshSessions::note(const std::string& id, DeployKeyId key, Timestamp now) {
  Lock lock(mutex_);
  const auto [session, is_new] = sessions_.try_emplace(id, Session{key, now});
  session->second.heard = now;
  if (is_new) open_.take(key);
}

void SshSessions::end(const std::string& id) {
  Lock lock(mutex_);
  const auto session = sessions_.find(id);
  if (session != sessions_.end()) remove(session);
}

SshSessions::Sessions::iterator SshSessions::remove(Sessions::iterator session) {
  open_.give_back(session->second.key);
  return sessions_.erase(session);
}

}  // namespace esclusa::api
