#pragma once
#include <mutex>
#include <unordered_map>

#include "base/ids.h"
#include "base/time.h"
#include "store/database.h"

namespace esclusa::app {

/// Collects when tokens were last used, so that reading does not cost a commit. Any thread.
class TokenUse {
 public:
  void note(TokenId token, Timestamp at);
  /// Writes what was noted since the last call; what cannot be written is noted again.
  void flush(store::Database& database);

 private:
  std::mutex mutex_;
  std::unordered_map<TokenId, Timestamp> noted_;
};

}  // namespace esclusa::app
