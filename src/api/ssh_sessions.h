#pragma once
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/time.h"

namespace esclusa::api {

/// The SSH sessions that are open: each says so now and then, and is counted until it says that it
/// ends, or nothing any more. In memory; any thread.
class SshSessions {
 public:
  /// Whether another one may begin.
  bool has_room(Timestamp now);
  void note(const std::string& id, Timestamp now);
  void end(const std::string& id);

 private:
  Mutex mutex_;
  std::map<std::string, Timestamp> heard_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::api
