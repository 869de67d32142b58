#pragma once
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/pulse.h"
#include "store/database.h"

namespace esclusa {

/// Whether the database can be read and accepts writes. Somebody looks once in a while; whoever
/// asks waits neither for the disk nor for other requests.
class DatabaseProbe {
 public:
  explicit DatabaseProbe(store::Database& database) : database_(database) {}
  DatabaseProbe(const DatabaseProbe&) = delete;

  /// Reads a row from the disk. If the disk was full, tries to write, too. One thread at a time.
  void look();
  /// Why no requests should be sent here, in plain text; nothing if all is well. Any thread. A look
  /// that is older than `limits::readiness_time` says that the database does not answer.
  std::optional<std::string> fault(Pulse::Clock::time_point now);

 private:
  std::optional<std::string> try_to_read();

  store::Database& database_;
  Mutex mutex_;  ///< never held while the database is asked
  std::optional<std::string> found_ GUARDED_BY(mutex_) = "the database was not read yet";
  Pulse::Clock::time_point looked_at_ GUARDED_BY(mutex_) = Pulse::Clock::now();
};

}  // namespace esclusa
