// The baseline for durable writes: SQLite alone writes the rows of a created deployment.
//
//   sqlite_loop DATABASE WAITING SECONDS
//
// DATABASE was made of anchor.sql: its schema and rows do not change with the server's, and the
// newest row of each table is repeated here. With WAITING > 1, that many threads wait for one
// writer. While it commits a batch, the next one forms: it takes all that wait, and waits for no
// more. With 1, the only thread commits one transaction after another. Prints a line of JSON; times
// are in microseconds. There are no savepoints, foreign keys, reads, HTTP or git.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "sqlite_loop: %s\n", what.c_str());
  std::exit(1);
}

void expect(sqlite3* database, int code, int wanted = SQLITE_OK) {
  if (code != wanted) die(sqlite3_errmsg(database));
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  expect(database,
         sqlite3_prepare_v3(database, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
  return Statement(made);
}

void step(sqlite3* database, const Statement& statement) {
  expect(database, sqlite3_step(statement.get()), SQLITE_DONE);
  sqlite3_reset(statement.get());
}

/// Inserts copies of the newest row of a table. Unchanged values are bound once; each copy binds
/// only the values that must differ.
class Copier {
 public:
  Copier(sqlite3* database, const std::string& table) : database_(database) {
    auto newest = prepare(database, "select * from " + table + " order by rowid desc limit 1");
    expect(database, sqlite3_step(newest.get()), SQLITE_ROW);
    std::string names, marks;
    for (int i = 0; i < sqlite3_column_count(newest.get()); ++i) {
      columns_.emplace_back(sqlite3_column_name(newest.get(), i));
      names += (i > 0 ? ", " : "") + columns_.back();
      marks += i > 0 ? ", ?" : "?";
    }
    insert_ = prepare(database, "insert into " + table + " (" + names + ") values (" + marks + ")");
    for (int i = 0; i < static_cast<int>(columns_.size()); ++i) {
      expect(database,
             sqlite3_bind_value(insert_.get(), i + 1, sqlite3_column_value(newest.get(), i)));
    }
  }

  Copier& set(const char* column, int64_t value) {
    expect(database_, sqlite3_bind_int64(insert_.get(), index_of(column), value));
    return *this;
  }
  Copier& set(const char* column, const std::string& value) {
    expect(database_, sqlite3_bind_text(insert_.get(), index_of(column), value.data(),
                                        static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  Copier& set_null(const char* column) {
    expect(database_, sqlite3_bind_null(insert_.get(), index_of(column)));
    return *this;
  }
  /// Returns the id of the new row.
  int64_t insert() {
    step(database_, insert_);
    return sqlite3_last_insert_rowid(database_);
  }

 private:
  int index_of(const char* column) const {
    auto found = std::find(columns_.begin(), columns_.end(), column);
    if (found == columns_.end()) die(std::string("there is no column ") + column);
    return static_cast<int>(found - columns_.begin()) + 1;
  }
  sqlite3* database_;
  std::vector<std::string> columns_;
  Statement insert_;
};

sqlite3* open(const char* path) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path, &database, flags, nullptr) != SQLITE_OK)
    die("cannot open the database");
  auto mode = prepare(database, "pragma journal_mode=wal");
  expect(database, sqlite3_step(mode.get()), SQLITE_ROW);
  if (std::string(reinterpret_cast<const char*>(sqlite3_column_text(mode.get(), 0))) != "wal") {
    die("there is no WAL here");
  }
  expect(database, sqlite3_exec(database, "pragma synchronous=full", nullptr, nullptr, nullptr));
  return database;
}

/// A random GUID: the order in which the unique index gets the GUIDs affects the cost.
std::string random_guid(std::mt19937_64& chance) {
  char text[37];
  const uint64_t a = chance(), b = chance();
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012llx", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                static_cast<unsigned>(b >> 48 & 0xfff),
                static_cast<unsigned long long>(b & 0xffffffffffff));
  return text;
}

/// The rows of one created deployment, in transactions.
class Writer {
 public:
  explicit Writer(sqlite3* database)
      : database_(database),
        begin_(prepare(database, "begin immediate")),
        commit_(prepare(database, "commit")),
        deployment_(database, "deployment"),
        event_(database, "event"),
        event_body_(database, "event_body"),
        audit_(database, "audit") {
    deployment_.set_null("id");
    event_.set_null("id");
    audit_.set_null("id");
  }
  void begin() { step(database_, begin_); }
  void commit() { step(database_, commit_); }
  void insert(const std::string& guid) {
    const int64_t deployment = deployment_.insert();
    event_.set("guid", guid).set("deployment_id", deployment);
    event_body_.set("event_id", event_.insert()).insert();
    audit_.set("target_id", deployment).insert();
  }

 private:
  sqlite3* database_;
  Statement begin_;
  Statement commit_;
  Copier deployment_;
  Copier event_;
  Copier event_body_;
  Copier audit_;
};

struct Job {
  std::string guid;
  std::binary_semaphore done{0};
};

/// The queue between the waiting threads and the writer.
class Group {
 public:
  void write(Job& job) {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(&job);
    }
    arrived_.notify_one();
    job.done.acquire();
  }
  void stop() {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_one();
  }
  /// Writes until it is stopped and no thread waits.
  void run(Writer& writer) {
    for (std::vector<Job*> batch;; batch.clear()) {
      {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        batch.swap(queue_);
      }
      writer.begin();
      for (const Job* job : batch) writer.insert(job->guid);
      writer.commit();
      for (Job* job : batch) job->done.release();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Job*> queue_;
  bool stopping_ = false;
};

/// Calls `write_one(guid)` until the time is over. Returns the durations of the calls in
/// microseconds.
template <class WriteOne>
std::vector<int64_t> repeat(Clock::time_point end, uint64_t seed, WriteOne write_one) {
  std::mt19937_64 chance(seed);
  std::vector<int64_t> took;
  for (auto began = Clock::now(); began < end;) {
    write_one(random_guid(chance));
    const auto now = Clock::now();
    took.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - began).count());
    began = now;
  }
  return took;
}

std::vector<int64_t> write_alone(Writer& writer, Clock::time_point end, uint64_t seed) {
  return repeat(end, seed, [&](const std::string& guid) {
    writer.begin();
    writer.insert(guid);
    writer.commit();
  });
}

std::vector<int64_t> write_grouped(Writer& writer, size_t waiting, Clock::time_point end,
                                   uint64_t seed) {
  Group group;
  std::thread writes([&] { group.run(writer); });
  std::vector<std::vector<int64_t>> took(waiting);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < waiting; ++i) {
      threads.emplace_back([&, i] {
        took[i] = repeat(end, seed + i, [&](const std::string& guid) {
          Job job{.guid = guid};
          group.write(job);
        });
      });
    }
  }
  group.stop();
  writes.join();
  std::vector<int64_t> all;
  for (const auto& part : took) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) die("usage: sqlite_loop DATABASE WAITING SECONDS");
  const size_t waiting = std::strtoul(arguments[2], nullptr, 10);
  const double seconds = std::strtod(arguments[3], nullptr);
  if (waiting < 1 || waiting > 1024 || !(seconds > 0)) die("WAITING or SECONDS is wrong");
  Writer writer(open(arguments[1]));
  const uint64_t seed = std::random_device()();
  const std::clock_t cpu_before = std::clock();
  const auto began = Clock::now();
  const auto end =
      began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  auto took =
      waiting == 1 ? write_alone(writer, end, seed) : write_grouped(writer, waiting, end, seed);
  const std::chrono::duration<double> measured = Clock::now() - began;
  const double cpu = 1e6 * static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  if (took.empty()) die("nothing was written");
  std::sort(took.begin(), took.end());
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"p50\": %lld, \"p99\": %lld, \"cpu\": %.3f}\n",
      took.size(), measured.count(), static_cast<long long>(took[took.size() / 2]),
      static_cast<long long>(took[took.size() * 99 / 100]), cpu / static_cast<double>(took.size()));
  std::fflush(stdout);
  std::_Exit(0);  // a final checkpoint must not count for any call
}
