#pragma once
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/time.h"

namespace esclusa::api {

/// The open SSH sessions. Each session reports regularly; it counts until it reports its end or
/// stays silent for too long. In memory; may be called from any thread.
class SshSessions {
 public:
  /// Whether another session may begin.
  bool has_room(Timestamp now);
  void note(const std::string& id, Timestamp now);
  void end(const std::string& id);

 private:
  Mutex mutex_;
  std::map<std::string, Timestamp> heard_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::api
