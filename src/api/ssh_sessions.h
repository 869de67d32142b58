#pragma once
#include <map>
#include <mutex>
#include <string>

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
  std::mutex mutex_;
  std::map<std::string, Timestamp> heard_;
};

}  // namespace esclusa::api
