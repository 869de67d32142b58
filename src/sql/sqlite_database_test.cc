// Tests of SQLite only: its settings, group commit, and a full or failing disk.

#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <thread>

#include "base/text.h"
#include "sql/database.h"
#include "sql/figures.h"
#include "sql/sqlite_connection.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using namespace std::chrono_literals;
using test::must;

namespace {

/// The number of commits in the write-ahead log: a commit frame holds the size of the database.
/// Format: sqlite.org/fileformat2.html#the_write_ahead_log
size_t count_commits(const std::string& database_path) {
  const std::string log = test::read_file(database_path + "-wal");
  auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(log.at(at + i));
    return value;
  };
  if (log.size() < 32) return 0;
  const size_t frame = 24 + number(8);
  size_t commits = 0;
  for (size_t at = 32; at + frame <= log.size(); at += frame) {
    const bool is_current = log.compare(at + 8, 8, log, 16, 8) == 0;  // the salts match
    if (is_current && number(at + 4) != 0) ++commits;
  }
  return commits;
}

std::string name_of(Reader& c, const char* pragma) {
  return c.one(pragma, {}, [](const Row& row) { return std::string(row.text(0)); }).value();
}

/// Makes the writes of several threads one batch: they arrive while the writer thread is busy.
class Batch {
 public:
  explicit Batch(Database& db) : db_(db) {}

  /// Runs each of `works` on its own thread; returns their outcomes in that order. `before_release`
  /// runs inside the work that keeps the writer thread busy, once all others wait.
  std::vector<Result<void>> run(const std::vector<std::function<Result<void>(Writer&)>>& works,
                                const std::function<void(Writer&)>& before_release = {}) {
    std::vector<Result<void>> outcomes(works.size());
    std::vector<std::jthread> threads;
    std::vector<std::atomic<pid_t>> ids(works.size());
    first_outcome = db_.write([&](Writer& tx) {
      for (size_t i = 0; i < works.size(); ++i) {
        threads.emplace_back([&, i] {
          ids[i] = gettid();
          outcomes[i] = db_.write(works[i]);
        });
      }
      // Three times in a row, since a thread may also sleep briefly before it is in the queue.
      for (int seen = 0; seen < 3; seen = all_asleep(ids) ? seen + 1 : 0) std::this_thread::yield();
      if (before_release) before_release(tx);
    });
    threads.clear();
    return outcomes;
  }

  Result<void> first_outcome;  ///< of the work that keeps the writer thread busy

 private:
  static bool all_asleep(const std::vector<std::atomic<pid_t>>& ids) {
    for (const auto& id : ids) {
      if (id == 0) return false;
      const std::string stat = test::read_file("/proc/self/task/" + std::to_string(id) + "/stat");
      const size_t name_end = stat.rfind(") ");
      if (name_end == stat.npos || stat[name_end + 2] != 'S') return false;
    }
    return true;
  }

  Database& db_;
};

Result<void> insert_thing(Writer& tx, int64_t id) {
  tx.execute("insert into thing (id) values ($1)", {id});
  return {};
}

void create_things(Database& db) {
  test::write(
      db, [](Writer& tx) { tx.execute("create table thing (id integer primary key, body text)"); });
}

std::vector<int64_t> things(Database& db) {
  return test::read(db, [](Reader& c) {
    return c.all("select id from thing order by id", {},
                 [](const Row& row) { return row.integer(0); });
  });
}

/// A database whose files cannot grow while `limit_writes` holds.
class BreakableFile {
 public:
  BreakableFile() {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &usual_);
    open();
  }
  ~BreakableFile() { allow_writes(); }
  void open() {
    db.reset();
    db = must(open_sqlite(path, [this](const std::string&) {
      allow_writes();
      ++fatal_count;
    }));
  }
  /// From now on, writing beyond the present end of the log fails with an I/O error.
  void limit_writes() const {
    rlimit limit = usual_;
    limit.rlim_cur = std::filesystem::file_size(path + "-wal");
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  void allow_writes() const { setrlimit(RLIMIT_FSIZE, &usual_); }

  test::TempFolder folder;
  const std::string path = (folder / "esclusa.db").string();
  std::atomic<int> fatal_count = 0;
  std::unique_ptr<Database> db;

 private:
  rlimit usual_{};
};

}  // namespace

TEST_CASE("SQLite: the writing connection is durable, and checks foreign keys") {
  test::SqliteFile sqlite;
  test::write(sqlite.database(), [](Writer& tx) {
    CHECK(tx.number("pragma synchronous") == 2);
    CHECK(name_of(tx, "pragma journal_mode") == "wal");
    CHECK(tx.number("pragma foreign_keys") == 1);
    CHECK(tx.number("pragma wal_autocheckpoint") == 1000);
    CHECK(tx.number("pragma trusted_schema") == 0);
    CHECK(tx.number("pragma busy_timeout") == 5000);
  });
}

TEST_CASE("SQLite: on_change is called for each change of the file, also after it was closed") {
  test::TempFolder folder;
  const std::string path = (folder / "esclusa.db").string();
  using Time = std::filesystem::file_time_type;
  Time told;
  {
    auto db = must(open_sqlite(
        path, [](const std::string&) {}, [&] { told = std::filesystem::last_write_time(path); }));
    create_things(*db);
    const Time before = std::filesystem::last_write_time(path);
    for (int64_t id = 1; id < 200 && told == before; ++id) {
      test::write(*db, [&](Writer& tx) {
        tx.execute("insert into thing (id, body) values ($1, $2)", {id, std::string(100'000, 'x')});
      });
    }
    CHECK(told > before);
    CHECK(told == std::filesystem::last_write_time(path));
    test::write(*db, [](Writer& tx) { tx.execute("delete from thing"); });
  }
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  CHECK(told == std::filesystem::last_write_time(path));
}

TEST_CASE("SQLite: a reading connection never checkpoints and uses no mmap") {
  test::SqliteFile sqlite;
  test::read(sqlite.database(), [](Reader& c) {
    CHECK(c.number("pragma wal_autocheckpoint") == 0);
    CHECK(name_of(c, "pragma journal_mode") == "wal");
    CHECK(c.number("pragma mmap_size") == 0);
  });
}

TEST_CASE("SQLite: a read that takes too long is ended, and the connection reads on afterwards") {
  test::TempFolder folder;
  const std::string path = (folder / "esclusa.db").string();
  const auto db = must(open_sqlite(path, [](const std::string&) {}));
  create_things(*db);
  SqliteConnection reader(path, SqliteConnection::Mode::reader);
  reader.limit_time(0ms);
  std::optional<Failure::Kind> kind;
  try {
    reader.number(
        "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t");
  } catch (const Failure& failure) {
    kind = failure.kind;
  }
  CHECK(kind == Failure::Kind::too_slow);
  reader.limit_time(1h);
  CHECK(reader.number("select count(*) from thing") == 0);
}

TEST_CASE("SQLite: a broken reference is refused at the statement, not at the commit") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  auto refused = db.write([](Writer& tx) {
    tx.execute("create table part (thing_id integer references thing (id))");
    CHECK_THROWS_AS(tx.execute("insert into part values (5)"), Failure);
  });
  CHECK(refused.has_value());
}

TEST_CASE("SQLite: an answered write is there after opening the database again") {
  test::SqliteFile sqlite;
  create_things(sqlite.database());
  test::write(sqlite.database(), [](Writer& tx) { return insert_thing(tx, 1); });
  sqlite.reopen();
  CHECK(things(sqlite.database()) == std::vector<int64_t>{1});
}

TEST_CASE("SQLite: writers that wait together share one commit") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  std::vector<std::function<Result<void>(Writer&)>> works;
  for (int64_t i = 1; i <= 63; ++i) {
    works.emplace_back([i](Writer& tx) { return insert_thing(tx, i); });
  }
  const size_t before = count_commits(sqlite.path());
  Batch batch(db);
  for (const auto& outcome : batch.run(works, [](Writer& tx) { (void)insert_thing(tx, 0); })) {
    CHECK(outcome.has_value());
  }
  CHECK(things(db).size() == 64);
  CHECK(count_commits(sqlite.path()) - before == 2);
}

TEST_CASE("SQLite: a single writer has one commit for each write") {
  test::SqliteFile sqlite;
  create_things(sqlite.database());
  const size_t before = count_commits(sqlite.path());
  for (int64_t i = 0; i < 5; ++i) {
    test::write(sqlite.database(), [&](Writer& tx) { return insert_thing(tx, i); });
    CHECK(count_commits(sqlite.path()) - before == static_cast<size_t>(i + 1));
  }
}

TEST_CASE("SQLite: work that fails does not undo other work of its batch") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  std::atomic<int> caught = 0;
  auto throwing = [](Writer& tx) -> Result<void> {
    (void)insert_thing(tx, 3);
    throw std::domain_error("a bug of the caller's");
  };
  std::vector<std::function<Result<void>(Writer&)>> works = {
      [](Writer& tx) { return insert_thing(tx, 1); },
      [](Writer& tx) -> Result<void> {
        (void)insert_thing(tx, 2);
        return fail(ErrorCode::conflict, "no");
      },
      [](Writer& tx) -> Result<void> {
        (void)insert_thing(tx, 4);
        return insert_thing(tx, 4);
      },
      [](Writer& tx) { return insert_thing(tx, 5); },
  };
  Batch batch(db);
  std::jthread thrower;
  auto outcomes = batch.run(works, [&](Writer&) {
    thrower = std::jthread([&] {
      try {
        (void)db.write(throwing);
      } catch (const std::domain_error&) {
        ++caught;
      }
    });
  });
  thrower.join();
  CHECK(outcomes[0].has_value());
  CHECK(outcomes[1].error().code == ErrorCode::conflict);
  CHECK(outcomes[2].error().reason_code == "storage_failed");
  CHECK(outcomes[3].has_value());
  CHECK(caught == 1);
  CHECK(things(db) == std::vector<int64_t>{1, 5});
}

TEST_CASE("SQLite: a full disk fails the whole batch, and later writes work again") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  std::vector<std::function<Result<void>(Writer&)>> works;
  for (int64_t i = 1; i <= 6; ++i) {
    works.emplace_back([i](Writer& tx) -> Result<void> {
      if (i == 3) {
        tx.execute("pragma max_page_count=1");  // SQLite then limits the file to its present size
        const std::string big(100'000, 'x');
        tx.execute("insert into thing (id, body) values ($1, $2)", {i, big});
        return {};
      }
      return insert_thing(tx, i);
    });
  }
  Batch batch(db);
  for (const auto& outcome : batch.run(works)) {
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == ErrorCode::unavailable);
    CHECK(outcome.error().reason_code == "storage_full");
  }
  CHECK(batch.first_outcome.has_value());
  CHECK(things(db).empty());
  CHECK(db.check_writes().error().reason_code == "storage_full");
  test::write(db, [](Writer& tx) {
    tx.execute("pragma max_page_count=100000");
    return insert_thing(tx, 7);
  });
  CHECK(db.check_writes());
  CHECK(things(db) == std::vector<int64_t>{7});
}

TEST_CASE("SQLite: an I/O error at the commit leaves the outcome unknown, and ends all writing") {
  BreakableFile file;
  create_things(*file.db);
  test::write(*file.db, [](Writer& tx) { return insert_thing(tx, 1); });
  Batch batch(*file.db);
  auto outcomes = batch.run({[](Writer& tx) { return insert_thing(tx, 3); },
                             [](Writer& tx) { return insert_thing(tx, 4); }},
                            [&](Writer& tx) {
                              (void)insert_thing(tx, 2);
                              file.limit_writes();
                            });
  REQUIRE_FALSE(batch.first_outcome.has_value());
  CHECK(batch.first_outcome.error().code == ErrorCode::unavailable);
  CHECK(batch.first_outcome.error().reason_code == "outcome_unknown");
  CHECK(file.fatal_count == 1);
  // Writes that waited meanwhile, and later ones, are refused without being tried.
  for (const auto& outcome : outcomes) CHECK_FALSE(outcome.has_value());
  CHECK_FALSE(file.db->write([](Writer& tx) { return insert_thing(tx, 5); }).has_value());
  CHECK(file.fatal_count == 1);
  CHECK(file.db->check_writes().error().reason_code == "storage_failed");

  file.open();
  auto found = things(*file.db);
  CHECK(std::erase(found, 2) <= 1);  // the outcome is unknown, so both are possible
  CHECK(found == std::vector<int64_t>{1});
  test::write(*file.db, [](Writer& tx) { return insert_thing(tx, 6); });
}

TEST_CASE("SQLite: many threads that read and write lose nothing") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  constexpr int64_t threads = 8, each = 25;
  std::vector<std::jthread> writers;
  std::atomic<int> failures = 0;
  for (int64_t t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      for (int64_t i = 0; i < each; ++i) {
        const int64_t id = t * each + i;
        if (!db.write([&](Writer& tx) { return insert_thing(tx, id); })) ++failures;
        auto seen = db.read(
            [&](Reader& c) { return c.number("select count(*) from thing where id = $1", {id}); });
        if (seen != 1) ++failures;  // the next read must see an answered write
      }
    });
  }
  writers.clear();
  CHECK(failures == 0);
  CHECK(things(db).size() == threads * each);
}

TEST_CASE("SQLite: an I/O error within one work fails its whole batch, and ends all writing") {
  BreakableFile file;
  create_things(*file.db);
  Batch batch(*file.db);
  const auto outcomes = batch.run(
      {[](Writer& tx) { return insert_thing(tx, 1); },
       [](Writer&) -> Result<void> { throw Failure(Failure::Kind::io, "a page cannot be read"); }});
  for (const auto& outcome : outcomes) {
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().reason_code == "outcome_unknown");
  }
  CHECK(file.fatal_count == 1);
  CHECK_FALSE(file.db->write([](Writer& tx) { return insert_thing(tx, 2); }).has_value());
}

TEST_CASE("SQLite: a commit that fails is rolled back, and later writes work") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  test::write(db, [](Writer& tx) {
    tx.execute("create table part (thing_id integer references thing (id))");
  });
  const auto failed = db.write([](Writer& tx) {
    tx.execute("pragma defer_foreign_keys=on");  // the commit checks the reference
    tx.execute("insert into part (thing_id) values (7)");
  });
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().reason_code == "storage_failed");
  test::write(db, [](Writer& tx) { return insert_thing(tx, 1); });
  CHECK(things(db) == std::vector<int64_t>{1});
}

TEST_CASE("SQLite: no memory is bad_alloc for the caller, and later work succeeds") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_things(db);
  const auto starve = [](Reader& c) {
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + 64 * 1024);
    c.number("select length(hex(zeroblob(10000000)))");
  };
  CHECK_THROWS_AS((void)db.read(starve), std::bad_alloc);
  CHECK_THROWS_AS((void)db.write(starve), std::bad_alloc);
  sqlite3_hard_heap_limit64(0);
  test::write(db, [](Writer& tx) { return insert_thing(tx, 1); });
  CHECK(things(db) == std::vector<int64_t>{1});
}

TEST_CASE("SQLite: the figures of the writer count batches, work, failures and checkpoints") {
  test::TempFolder folder;
  auto db = must(open_sqlite((folder / "figures.db").string(), [](const std::string&) {}));
  const WriterFigures& figures = *writer_figures(*db);
  must(db->write([](Writer& tx) { tx.execute("create table t (x text) strict"); }));
  const uint64_t before = figures.transactions.value();
  CHECK(figures.commit_time.state().total() == before);
  Batch batch(*db);
  const auto insert = [](Writer& tx) -> Result<void> {
    tx.execute("insert into t values ('x')");
    return {};
  };
  batch.run({insert, insert, insert});
  CHECK(figures.transactions.value() == before + 4);
  CHECK(figures.batch_sizes.state().counts[2] == 1);  // the three
  CHECK(figures.waiting == 0);
  CHECK(figures.wal_bytes > 0);
  CHECK(figures.failed_batches.value() == 0);
  // More than a thousand pages, at which SQLite checkpoints.
  const uint64_t checkpoints = figures.checkpoints.value();
  must(db->write([](Writer& tx) {
    tx.execute("insert into t values ($1)", {std::string(5 * 1024 * 1024, 'y')});
  }));
  CHECK(figures.checkpoints.value() == checkpoints + 1);
  CHECK(figures.database_bytes > 5 * 1024 * 1024);
}
