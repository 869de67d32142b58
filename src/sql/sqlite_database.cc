// The SQLite engine of `Database`: one writer thread with group commit, a few read-only
// connections.
//
//   write(work) ──► queue ──► writer thread: begin; savepoint, work, release; …; commit ──► answers
//   read(work)  ──► a read-only connection of the pool, on the caller's own thread
//
// While a batch is being committed the next one forms in the queue.

#include <sys/stat.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "sql/database.h"
#include "sql/figures.h"
#include "sql/kept.h"
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

/// A piece of work that waits for the writer thread.
class Job {
 public:
  explicit Job(std::function<bool(Writer&)> its_work) : work(std::move(its_work)) {}
  virtual ~Job() = default;
  /// The last call: after it the job is gone.
  virtual void answer() = 0;

  const std::function<bool(Writer&)> work;  ///< returns whether to keep its changes
  const std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  std::exception_ptr thrown;  ///< an exception of `work`
  Result<void> outcome;
  bool kept = false;  ///< its savepoint was released: the commit decides
};

/// It lives on the stack of the thread that waits for it.
class AwaitedJob final : public Job {
 public:
  using Job::Job;
  void answer() override {
    const Lock lock(mutex_);
    is_answered_ = true;
    // With the lock: as soon as the waiting thread may go on, the job is gone.
    answered_.notify_one();
  }
  void await() {
    Lock lock(mutex_);
    answered_.wait(lock, [this]() REQUIRES(mutex_) { return is_answered_; });
  }

 private:
  // Of its own: one condition for all would wake all.
  Mutex mutex_;
  Condition answered_;
  bool is_answered_ GUARDED_BY(mutex_) = false;
};

/// Nobody waits for it. It owns itself.
class LaterJob final : public Job {
 public:
  LaterJob(Database::LaterWork its_work, Database::Done done)
      : Job([this, its_work = std::move(its_work)](Writer& tx) {
          worked_ = its_work(tx);
          return worked_.has_value();
        }),
        done_(std::move(done)) {}
  void answer() override {
    const std::unique_ptr<LaterJob> self(this);
    done_(outcome ? std::move(worked_) : std::move(outcome), thrown);
  }

 private:
  const Database::Done done_;
  Result<void> worked_;
};

/// Its destructor makes one more call.
struct OnChange {
  const std::function<void()> call;
  ~OnChange() { call(); }
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, std::function<void(const std::string&)> on_fatal,
                 std::function<void()> on_change, Keeping keeping)
      : path_(path),
        keeping_(keeping),
        on_fatal_(std::move(on_fatal)),
        on_change_{std::move(on_change)},
        connection_(path, SqliteConnection::Mode::writer) {
    changed_.reserve(Versions::slot_count);
    connection_.watch_rows([this](std::string_view table, int64_t row) { note(table, row); });
    writer_ = std::thread([this] { run_writer(); });
  }

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

  Engine engine() const override { return Engine::sqlite; }

  const WriterFigures& figures() const { return figures_; }

  SnapshotMoment moment() const override {
    if (keeping_ == Keeping::off) return {};
    return {&versions_, &kept_, versions_.now()};
  }

  void write_later(LaterWork work, Done done) override {
    auto job = std::make_unique<LaterJob>(std::move(work), done);
    if (auto queued = enqueue(*job); !queued) return done(std::move(queued), nullptr);
    job.release();  // NOLINT: its answer deletes it
  }

 protected:
  Result<void> do_read(const ReadWork& work) override {
    try {
      SnapshotReader reader(*this);
      work(reader);
      return {};
    } catch (const Failure& failure) {
      return storage_error(failure);
    }
  }

  Result<void> do_write(const WriteWork& work) override {
    AwaitedJob job(work);
    TRY(enqueue(job));
    job.await();
    if (job.thrown) std::rethrow_exception(job.thrown);
    return job.outcome;
  }

 private:
  Result<void> enqueue(Job& job) {
    {
      Lock lock(mutex_);
      if (stopping_ || broken_) return stopping_error();
      if (queue_.size() >= limits::queued_writes) return overload_error();
      queue_.push_back(&job);
      figures_.waiting = queue_.size();
    }
    arrived_.notify_one();
    return {};
  }

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

  /// A reader whose snapshot begins with its first statement: who needs none pays for none.
  class SnapshotReader final : public Reader {
   public:
    explicit SnapshotReader(SqliteDatabase& owner) : database_(owner), moment_(owner.moment()) {}
    Engine engine() const override { return Engine::sqlite; }
    SnapshotMoment moment() const override { return moment_; }
    using Reader::each;
    void each(std::string_view sql, Parameters parameters,
              const std::function<void(const Row&)>& on_row) override {
      if (!snapshot_) snapshot_.emplace(database_);
      snapshot_->reader->each(sql, parameters, on_row);
    }

   private:
    SqliteDatabase& database_;
    const SnapshotMoment moment_;
    std::optional<Snapshot> snapshot_;
  };

  /// A row was changed by the transaction that is under way. SQLite calls this: no exception may
  /// leave it, and so it allocates nothing.
  void note(std::string_view table, int64_t row) noexcept {
    for (const Versions::Slot slot : {Versions::of_table(table), Versions::of_row(table, row)}) {
      if (is_changed_[slot]) continue;
      is_changed_[slot] = true;
      changed_.push_back(slot);
    }
  }

  void commit() {
    const Timed timed(figures_.commit_time);
    versions_.begin_commit(changed_);
    connection_.execute("commit");
    versions_.end_commit();
  }

  /// The sizes of the files, and whether the commit has written to the database file, which only
  /// a checkpoint does.
  void note_sizes() {
    struct stat found{};
    if (::stat(log_path_.c_str(), &found) == 0) figures_.wal_bytes = found.st_size;
    if (::stat(path_.c_str(), &found) != 0) return;
    figures_.database_bytes = found.st_size;
    const bool is_written =
        found.st_mtim.tv_sec != written_at_.tv_sec || found.st_mtim.tv_nsec != written_at_.tv_nsec;
    if (is_written && written_at_.tv_sec != 0) figures_.checkpoints.add();
    written_at_ = found.st_mtim;
  }

  void forget_changes() {
    for (const Versions::Slot slot : changed_) is_changed_[slot] = false;
    changed_.clear();
  }

  /// Not a supervised thread: what a closure throws goes to whoever asked for it, and a batch that
  /// failed answers its jobs. An exception beyond that would leave jobs that are never answered,
  /// and a commit of which nobody knows the outcome. The process ends, and the next start recovers.
  void run_writer() {
    for (;;) {
      std::vector<Job*> batch;
      bool is_broken = false;
      {
        Lock lock(mutex_);
        arrived_.wait(lock, [&]() REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        is_broken = broken_;
        auto count = std::min(queue_.size(), limits::commit_batch);
        batch.assign(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
        figures_.waiting = queue_.size();
      }
      if (is_broken) {  // these waited while the disk failed
        for (Job* job : batch) job->outcome = stopping_error();
      } else {
        run_batch(batch);
      }
      for (Job* job : batch) job->answer();
    }
  }

  void run_batch(const std::vector<Job*>& batch) {
    bool committing = false;
    figures_.transactions.add(batch.size());
    figures_.batch_sizes.observe(static_cast<int64_t>(batch.size()));
    figures_.queue_time.observe(std::chrono::steady_clock::now() - batch.front()->since);
    try {
      forget_changes();
      connection_.execute("begin immediate");
      for (Job* job : batch) run_job(*job);
      if (!connection_.in_transaction()) {
        // SQLite rolled the transaction back by itself (no space): all changes are lost.
        throw Failure(Failure::Kind::full, "the transaction ended by itself");
      }
      committing = true;
      commit();
      note_sizes();
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
      job.kept = job.work(connection_);
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
    figures_.failed_batches.add();
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
  const std::string log_path_ = path_ + "-wal";
  const Keeping keeping_;
  const std::function<void(const std::string&)> on_fatal_;
  const OnChange on_change_;  ///< outlives the connection, which checkpoints when it closes

  Mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_ GUARDED_BY(readers_mutex_);

  Mutex mutex_;
  Condition arrived_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> is_full_ = false;  ///< the last commit found no space

  WriterFigures figures_;
  Versions versions_;
  mutable Kept kept_{limits::kept_bytes};
  // Once the writer thread runs, only it uses these.
  std::vector<Versions::Slot> changed_;  ///< by the transaction that is under way
  std::vector<bool> is_changed_ = std::vector<bool>(Versions::slot_count);
  timespec written_at_{};  ///< when the database file was changed last
  SqliteConnection connection_;
  std::thread writer_;  ///< declared last: it uses all members above
};

}  // namespace

const WriterFigures* writer_figures(const Database& database) {
  const auto* sqlite = dynamic_cast<const SqliteDatabase*>(&database);
  return sqlite != nullptr ? &sqlite->figures() : nullptr;
}

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path,
                                              std::function<void(const std::string&)> on_fatal,
                                              std::function<void()> on_change, Keeping keeping) {
  try {
    return std::make_unique<SqliteDatabase>(path, std::move(on_fatal), std::move(on_change),
                                            keeping);
  } catch (const Failure& failure) {
    return fail(ErrorCode::unavailable, failure.what(), "storage_failed");
  }
}

}  // namespace esclusa::sql
