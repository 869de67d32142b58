#include "sql/sqlite_copy.h"

#include <sqlite3.h>
#include <unistd.h>

#include <memory>

#include "base/check.h"

namespace esclusa::sql {
namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A row takes some three steps, and may have 64 KiB.
constexpr int steps_between_questions = 300;

std::unexpected<Error> cannot_copy(sqlite3* database, int code) {
  const std::string text = sqlite3_errmsg(database);
  if ((code & 0xff) == SQLITE_INTERRUPT) {
    return fail(ErrorCode::unavailable, "the copy of the database was cancelled", "cancelled");
  }
  if ((code & 0xff) == SQLITE_FULL) {
    return fail(ErrorCode::unavailable, "there is no space left for a copy of the database",
                "storage_full");
  }
  return fail(ErrorCode::unavailable, "the database cannot be copied: " + text, "storage_failed");
}

/// As `SqliteConnection` opens one that reads: only the server's writer checkpoints.
Result<Handle> open_source(const std::string& path) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Handle database(opened);
  if (code != SQLITE_OK) return cannot_copy(opened, code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, 5000);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(opened, 0);
  const char* settings = "pragma mmap_size=0; pragma cell_size_check=on";
  const int set = sqlite3_exec(opened, settings, nullptr, nullptr, nullptr);
  if (set != SQLITE_OK) return cannot_copy(opened, set);
  return database;
}

}  // namespace

Result<void> copy_sqlite(const std::string& from, const std::string& to,
                         const std::function<bool()>& is_unwanted) {
  const Handle database = TRY(open_source(from));
  sqlite3_progress_handler(
      database.get(), steps_between_questions,
      [](void* asked) -> int { return (*static_cast<const std::function<bool()>*>(asked))(); },
      const_cast<std::function<bool()>*>(&is_unwanted));
  sqlite3_stmt* made = nullptr;
  int code = sqlite3_prepare_v2(database.get(), "vacuum into $1", -1, &made, nullptr);
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(made);
  if (code == SQLITE_OK) {
    sqlite3_bind_text(made, 1, to.c_str(), -1, SQLITE_TRANSIENT);
    code = sqlite3_step(made);
  }
  if (code == SQLITE_DONE) return {};
  auto failure = cannot_copy(database.get(), code);
  unlink(to.c_str());
  return failure;
}

void skip_ids(Writer& tx, int64_t distance) {
  ENSURE(tx.engine() == Engine::sqlite);
  // A table has no row there before its first one.
  tx.execute(
      "insert into sqlite_sequence (name, seq) select name, 0 from sqlite_master where type = "
      "'table' and sql like '%autoincrement%' and name not in (select name from sqlite_sequence)");
  tx.execute("update sqlite_sequence set seq = seq + $1", {distance});
}

}  // namespace esclusa::sql
