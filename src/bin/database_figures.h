#pragma once
#include <chrono>
#include <filesystem>
#include <memory>

#include "base/mutex.h"
#include "base/supervised.h"
#include "base/time.h"
#include "store/figures.h"

namespace esclusa {

/// What the rows of the database and its disk say. A thread of its own looks when it is asked to,
/// so that who asks need not wait for a disk that hangs, and there is one look at a time.
class DatabaseFigures {
 public:
  struct Found {
    store::LiveFigures live;
    /// Since the start of the server.
    std::map<store::EnvironmentKind, int64_t> deployments;
    store::StateCounts statuses;
    uint64_t disk_free = 0, disk_size = 0;  ///< bytes
  };

  /// Counts what is added from now on. `data` is the folder whose disk counts.
  DatabaseFigures(store::Database& database, std::filesystem::path data, Clock now);
  DatabaseFigures(const DatabaseFigures&) = delete;

  /// Looks, and waits for it for at most that time. Null if the database does not answer. Any
  /// thread.
  std::shared_ptr<const Found> look(std::chrono::milliseconds at_most);
  const SupervisedThread& thread() const { return thread_; }

 private:
  void run(const std::stop_token& stop);
  std::shared_ptr<const Found> find();

  store::Database& database_;
  const std::filesystem::path data_;
  const Clock now_;
  // Of the thread alone.
  store::Counted counted_;
  std::map<store::EnvironmentKind, int64_t> deployments_;
  store::StateCounts statuses_;

  Mutex mutex_;
  Condition changed_;
  bool is_asked_ GUARDED_BY(mutex_) = false;
  bool is_looking_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  uint64_t look_count_ GUARDED_BY(mutex_) = 0;  ///< of those that have ended
  std::shared_ptr<const Found> found_ GUARDED_BY(mutex_);
  SupervisedThread thread_;  ///< last: it uses all of the above
};

}  // namespace esclusa
