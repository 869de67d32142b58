#pragma once
#include <map>
#include <mutex>
#include <string>

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
  std::mutex mutex_;
  std::map<std::string, Timestamp> heard_;
};

}  // namespace esclusa::api
