#pragma once
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/recent_map.h"
#include "base/time.h"

namespace esclusa::api {

/// Counts the wrong credentials that a network sends, in memory and bounded. Valid credentials are
/// never refused for it: a token has 178 random bits, so it cannot be guessed, and whoever shares
/// an address with a broken script must not be locked out. May be called from any thread.
class FailedLogins {
 public:
  FailedLogins();
  /// Counts one failure; true if the peer's network has had too many within the time.
  bool note(std::string_view peer, Timestamp now);

 private:
  struct Failures {
    Timestamp end{};
    size_t count = 0;
  };
  Mutex mutex_;
  RecentMap<std::string, Failures> networks_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::api
