#pragma once
#include <memory>
#include <optional>

#include "backup/making.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "core/actor.h"
#include "http/body_stream.h"

namespace esclusa::backup {

/// Makes backups for those who ask, one at a time, on a thread of its own. Any thread.
class Service {
 public:
  /// Removes what a killed process left of a backup. The source's context must outlive this.
  explicit Service(Source source);
  /// Ends a backup that is being made, and waits for it.
  ~Service();
  Service(const Service&) = delete;

  /// Begins a backup, which the stream's reader gets. It ends when the reader goes away or the
  /// server stops. When the reader has all but the end, the audit row `backup.create` is written,
  /// and the end follows. `conflict`, `backup_running`; `unavailable`, `storage_full`.
  Result<std::shared_ptr<http::BodyStream>> begin(const core::Actor& actor);
  /// Whether a backup is being made: from before its copy of the database until its end.
  bool is_running() const;

 private:
  /// A backup that is being made.
  struct Run {
    Run(const Source& source, core::Actor by) : making(source), actor(std::move(by)) {}
    Making making;
    const core::Actor actor;
    std::shared_ptr<http::BodyStream> stream;
  };

  void work(const std::stop_token& stop);
  void make(Run& run);
  Result<void> send(Run& run);
  bool is_unwanted(const Run& run) REQUIRES(mutex_);
  void on_change();

  const Source source_;
  mutable Mutex mutex_;
  Condition changed_;
  std::shared_ptr<Run> run_ GUARDED_BY(mutex_);  ///< null while none is made
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::optional<SupervisedThread> thread_;  ///< from the first backup on; last: it uses the above
};

}  // namespace esclusa::backup
