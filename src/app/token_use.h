#pragma once
#include <unordered_map>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/time.h"
#include "store/database.h"

namespace esclusa::app {

/// Collects the times of the last use of tokens, so that a read request needs no commit. Any
/// thread.
class TokenUse {
 public:
  void note(TokenId token, Timestamp at);
  void note(AgentTokenId token, Timestamp at);
  /// Writes the uses noted since the last call; keeps those that cannot be written.
  void flush(store::Database& database);

 private:
  Mutex mutex_;
  std::unordered_map<TokenId, Timestamp> noted_ GUARDED_BY(mutex_);
  std::unordered_map<AgentTokenId, Timestamp> noted_agents_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::app
