#pragma once
#include <filesystem>
#include <functional>

#include "app/token_use.h"
#include "base/boot_clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "store/database.h"
#include "wire/urls.h"

namespace esclusa::app {

using store::Reader;
using store::Writer;

/// What a committed change may concern beyond its rows.
struct Topics {
  bool events = false;      ///< there are new events: the feed has something to tell
  bool deliveries = false;  ///< some delivery may be due: the delivery worker has something to send

  bool any() const { return events || deliveries; }
};

class KeyKeeper;

/// What every use case works with; made once, at the start. Any thread.
struct Context {
  store::Database& database;
  const Sealer& sealer;
  Clock now;
  BootClock boot_now;
  wire::Urls event_urls;                         ///< links in frozen event bodies
  std::filesystem::path repositories_directory;  ///< where `repo create` makes bare repositories
  /// Called once after each commit that concerns a topic, by the thread that made the change.
  std::function<void(Topics)> committed;
  TokenUse& token_use;
  KeyKeeper* keys = nullptr;  ///< for the rotation of the keys that seal; null where none is made
};

/// What is absent, or not visible to the caller: GitHub's words.
inline std::unexpected<Error> not_found() { return fail(ErrorCode::not_found, "Not Found"); }

}  // namespace esclusa::app
