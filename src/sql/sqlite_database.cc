// The SQLite engine of `Database`: one writer thread with group commit, a few read-only
// connections.
//
//   write(work) ──► queue ──► writer thread: begin; savepoint, work, release; …; commit ──► answers
//   read(work)  ──► a read-only connection of the pool, on the caller's own thread

#include <atomic>
#include <deque>
#include <thread>

#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "sql/database.h"
#include "sql/sqlite_connection.h"

namespace esclusa::sql {
namespace {

std::unexpected<Error> full_error() {
  return fail(ErrorCode::unavailable, "There is no space left for the data", "storage_full");
}

std::unexpected<Error> overload_error() {
  return fail(ErrorCode::unavailable, "Too many writes are waiting", "overloaded");
}

std::unexpected<Error> storage_error(const Failure& failure) {
  log::error("storage failed", {{"error", failure.what()}});
  if (failure.kind == Failure::Kind::full) return full_error();
  if (failure.kind == Failure::Kind::too_slow) {
    return fail(ErrorCode::unavailable, "Reading the database took too long", "overloaded");
  }
  return fail(ErrorCode::unavailable, "The storage failed", "storage_failed");
}

std::unexpected<Error> stopping_error() {
  return fail(ErrorCode::unavailable, "The server is stopping");
}

/// A piece of work that waits for the writer thread. It lives on the stack of the calling thread.
struct Job {
  const std::function<bool(Writer&)>* work;
  std::exception_ptr thrown;  ///< an exception of `work`, rethrown on the calling thread
  Result<void> outcome;
  bool kept = false;  ///< its savepoint was released: the commit decides
  bool done = false;
};

/// Its destructor makes one more call.
struct OnChange {
  const std::function<void()> call;
  ~OnChange() { call(); }
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, std::function<void(const std::string&)> on_fatal,
                 std::function<void()> on_change)
      : path_(path),
        on_fatal_(std::move(on_fatal)),
        on_change_{std::move(on_change)},
        connection_(path, SqliteConnection::Mode::writer),
        writer_([this] { run_writer(); }) {}

  ~SqliteDatabase() override {
    {
      Lock lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_one();
    writer_.join();
    readers_.clear();  // before the writer's connection, which checkpoints when it closes
  }

  /// `mutex_` is never held over a commit or any other input or output.
  Result<void> check_writes() override {
    Lock lock(mutex_);
    if (broken_) return fail(ErrorCode::unavailable, "The storage failed", "storage_failed");
    if (stopping_) return stopping_error();
    if (queue_.size() >= limits::queued_writes) return overload_error();
    if (is_full_) return full_error();
    return {};
  }

 protected:
  Result<void> do_read(const ReadWork& work) override {
    try {
      Snapshot snapshot(*this);
      work(*snapshot.reader);
      return {};
    } catch (const Failure& failure) {
      return storage_error(failure);
    }
  }

  Result<void> do_write(const WriteWork& work) override {
    Job job{.work = &work, .thrown = {}, .outcome = {}};
    Lock lock(mutex_);
    if (stopping_ || broken_) return stopping_error();
    if (queue_.size() >= limits::queued_writes) return overload_error();
    queue_.push_back(&job);
    if (queue_.size() == 1 || queue_.size() >= wanted_) arrived_.notify_one();
    answered_.wait(lock, [&] { return job.done; });
    lock.unlock();
    if (job.thrown) std::rethrow_exception(job.thrown);
    return job.outcome;
  }

 private:
  /// A read-only connection in a transaction. The destructor gives it back to the pool.
  struct Snapshot {
    explicit Snapshot(SqliteDatabase& owner) : database(owner) {
      {
        Lock lock(database.readers_mutex_);
        if (!database.readers_.empty()) {
          reader = std::move(database.readers_.back());
          database.readers_.pop_back();
        }
      }
      if (!reader) {
        reader = std::make_unique<SqliteConnection>(database.path_, SqliteConnection::Mode::reader);
      }
      reader->limit_time(limits::snapshot_time);
      control("begin");
    }
    ~Snapshot() {
      try {
        reader->limit_time(limits::snapshot_time);  // the rollback may take longer than was left
        control("rollback");
        Lock lock(database.readers_mutex_);
        database.readers_.push_back(std::move(reader));
      } catch (const std::exception&) {
        // No memory, or a broken connection: it is closed here.
      }
    }
    /// Begins or ends the snapshot, which is no statement of the work.
    void control(const char* statement) const {
      const Trace::Under none(nullptr);
      reader->execute(statement);
    }
    SqliteDatabase& database;
    std::unique_ptr<SqliteConnection> reader;
  };

  /// Under load, waits a moment for twice as many jobs as the last commit had, so that batches grow
  /// to what there is: those who were answered then are about to write again, and a commit costs
  /// more than the moment. Alone, nobody waits.
  void gather(Lock& lock, size_t last_batch) REQUIRES(mutex_) {
    if (last_batch < limits::gather_from) return;
    wanted_ = 2 * last_batch;
    arrived_.wait_for(lock, limits::gather_time,
                      [&]() REQUIRES(mutex_) { return stopping_ || queue_.size() >= wanted_; });
    wanted_ = 1;
  }

  /// Not a supervised thread: what a closure throws goes to whoever asked for it, and a batch that
  /// failed answers its jobs. An exception beyond that would leave jobs that are never answered,
  /// and a commit of which nobody knows the outcome. The process ends, and the next start recovers.
  void run_writer() {
    size_t last_batch = 0;
    for (;;) {
      std::vector<Job*> batch;
      bool is_broken = false;
      {
        Lock lock(mutex_);
        arrived_.wait(lock, [&]() REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        gather(lock, last_batch);
        is_broken = broken_;
        auto count = std::min(queue_.size(), limits::commit_batch);
        batch.assign(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
      }
      if (is_broken) {  // these waited while the disk failed
        for (Job* job : batch) job->outcome = stopping_error();
      } else {
        run_batch(batch);
      }
      last_batch = batch.size();
      {
        Lock lock(mutex_);
        for (Job* job : batch) job->done = true;
      }
      answered_.notify_all();
    }
  }

  void run_batch(const std::vector<Job*>& batch) {
    bool committing = false;
    try {
      connection_.execute("begin immediate");
      for (Job* job : batch) run_job(*job);
      if (!connection_.in_transaction()) {
        // SQLite rolled the transaction back by itself (no space): all changes are lost.
        throw Failure(Failure::Kind::full, "the transaction ended by itself");
      }
      committing = true;
      connection_.execute("commit");
      is_full_ = false;
      on_change_.call();
    } catch (const Failure& failure) {
      fail_batch(batch, failure);
    } catch (const std::bad_alloc&) {
      // During a commit the outcome is as unknown as after an I/O error.
      const auto kind = committing ? Failure::Kind::io : Failure::Kind::statement;
      fail_batch(batch, Failure(kind, "no memory"));
    }
  }

  /// Runs one job in a savepoint, so that its failure does not undo other jobs of the batch.
  void run_job(Job& job) {
    connection_.execute("savepoint job");
    try {
      job.kept = (*job.work)(connection_);
    } catch (const Failure& failure) {
      // A failure that ended the transaction, or may have, fails the whole batch.
      if (failure.kind != Failure::Kind::statement || !connection_.in_transaction()) throw;
      job.outcome = storage_error(failure);
    } catch (...) {
      job.thrown = std::current_exception();
    }
    if (!job.kept) connection_.execute("rollback to job");
    connection_.execute("release job");
  }

  void fail_batch(const std::vector<Job*>& batch, const Failure& failure) {
    const bool unknown = failure.kind == Failure::Kind::io;
    is_full_ = failure.kind == Failure::Kind::full;
    std::unexpected<Error> error = storage_error(failure);
    if (unknown) {
      error = fail(ErrorCode::unavailable, "The storage failed; the outcome is unknown",
                   "outcome_unknown");
    }
    for (Job* job : batch) {
      if (job->outcome && !job->thrown) job->outcome = error;
    }
    try {
      if (connection_.in_transaction()) connection_.execute("rollback");
    } catch (const std::exception& again) {
      log::error("rollback failed", {{"error", again.what()}});
    }
    if (!unknown) return;
    // After an I/O error, a commit may still be on the disk and reappear after a restart. So
    // writing stops, and the next start recovers what is really there.
    {
      Lock lock(mutex_);
      broken_ = true;
    }
    on_fatal_(failure.what());
  }

  const std::string path_;
  const std::function<void(const std::string&)> on_fatal_;
  const OnChange on_change_;  ///< outlives the connection, which checkpoints when it closes

  Mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_ GUARDED_BY(readers_mutex_);

  Mutex mutex_;  ///< also guards `done` of every job
  Condition arrived_;
  Condition answered_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  size_t wanted_ GUARDED_BY(mutex_) = 1;  ///< jobs for which the writer thread waits
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> is_full_ = false;  ///< the last commit found no space

  SqliteConnection connection_;  ///< once the writer thread runs, only it uses this
  std::thread writer_;           ///< declared last: it uses all members above
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path,
                                              std::function<void(const std::string&)> on_fatal,
                                              std::function<void()> on_change) {
  try {
    return std::make_unique<SqliteDatabase>(path, std::move(on_fatal), std::move(on_change));
  } catch (const Failure& failure) {
    return fail(ErrorCode::unavailable, failure.what(), "storage_failed");
  }
}

}  // namespace esclusa::sql
