#pragma once
#include <sqlite3.h>

#include <atomic>
#include <cstdint>

#include "sql/sqlite_connection.h"

namespace esclusa::test {

/// Counts the steps of SQLite's machine, in all statements of the connections that are opened while
/// it lives.
class SqliteSteps {
 public:
  SqliteSteps() {
    // The first connection configures SQLite, which must come before anything else.
    const sql::SqliteConnection first(":memory:", sql::SqliteConnection::Mode::reader);
    steps_ = 0;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(observe));
  }
  ~SqliteSteps() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(observe)); }
  SqliteSteps(const SqliteSteps&) = delete;

  /// The steps of the work.
  template <class Work>
  int64_t of(Work work) const {
    const int64_t before = steps_;
    work();
    return steps_ - before;
  }

 private:
  static int observe(sqlite3* database, const char**, const void*) {
    return sqlite3_trace_v2(
        database, SQLITE_TRACE_PROFILE,
        [](unsigned, void*, void* statement, void*) {
          steps_ += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement),
                                        SQLITE_STMTSTATUS_VM_STEP, 1);
          return 0;
        },
        nullptr);
  }
  static inline std::atomic<int64_t> steps_ = 0;
};

}  // namespace esclusa::test
