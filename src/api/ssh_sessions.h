#pragma once
#include <map>
#include <string>

#include "base/fair_share.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/time.h"

namespace esclusa::api {

/// The open SSH sessions. Each session reports regularly; it counts until it reports its end or
/// stays silent for too long. In memory; may be called from any thread.
class SshSessions {
 public:
  /// Whether another session of that key may begin. A key has at most as many as it leaves to
  /// others.
  bool has_room(DeployKeyId key, Timestamp now);
  void note(const std::string& id, DeployKeyId key, Timestamp now);
  void end(const std::string& id);

 private:
  struct Session {
    DeployKeyId key;
    Timestamp heard{};
  };
  using Sessions = std::map<std::string, Session>;
  Sessions::iterator remove(Sessions::iterator session) REQUIRES(mutex_);

  Mutex mutex_;
  Sessions sessions_ GUARDED_BY(mutex_);
  FairShare<DeployKeyId> open_ GUARDED_BY(mutex_){limits::ssh_sessions};
};

}  // namespace esclusa::api
